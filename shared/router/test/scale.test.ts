/**
 * The number of places looked at must not grow with the number of routes. Time is no measure for a test,
 * so the routes' own criteria are counted: how often the look-up reads something of a route.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../config/entities.ts';
import { compileRouterSliced } from '../compile.ts';
import { CompiledRouter } from '../compiled-router.ts';
import { compileEntry, type Entry } from '../entry.ts';
import { HeaderView } from '../header-view.ts';
import { pathGroups } from '../priority.ts';
import { RouteIndex } from '../route-index.ts';
import { query, route } from './samples.ts';

const SIZE = 10_000;

/** Routes in order of rank, each read of an entry's criteria counted. */
function countedRouter(make: (i: number) => Partial<Route>) {
  const view = new HeaderView();
  const index = new RouteIndex<number>();
  const counter = { reads: 0 };
  const entries: Entry<number>[] = [];
  for (let i = 0; i < SIZE; i++) {
    const each = route(make(i));
    const entry = compileEntry(each, i, pathGroups(each)[0]!, view);
    entry.rank = i;
    const { methods } = entry;
    let counting = false;
    const counted: Entry<number> = Object.defineProperty({ ...entry }, 'methods', {
      get() {
        if (counting) counter.reads++;
        return methods;
      },
    });
    index.add(counted);
    counting = true;
    entries.push(counted);
  }
  for (const _ of index.finish());
  counter.reads = 0;
  return { router: new CompiledRouter(SIZE, entries, index, view), counter };
}

const SHAPES: [string, (i: number) => Partial<Route>, (i: number) => Parameters<typeof query>[0]][] = [
  [
    'one host, many paths',
    (i) => ({ hosts: ['a.test'], paths: [`/p${i}/`], methods: ['GET'] }),
    (i) => ({ authority: 'a.test', path: `/p${i}/x` }),
  ],
  [
    'many hosts, one path',
    (i) => ({ hosts: [`h${i}.test`], paths: ['/p'], methods: ['GET'] }),
    (i) => ({ authority: `h${i}.test`, path: '/p' }),
  ],
  [
    'many wildcards at either end',
    (i) => ({ hosts: [i % 2 ? `*.h${i}.test` : `h${i}.*`], methods: ['GET'] }),
    (i) => ({ authority: i % 2 ? `x.h${i}.test` : `h${i}.x.test` }),
  ],
  [
    'one host, many ports',
    (i) => ({ hosts: [`a.test:${i + 1}`], methods: ['GET'] }),
    (i) => ({ authority: `a.test:${i + 1}` }),
  ],
  [
    'expressions under distinct prefixes',
    (i) => ({ paths: [`~/p${i}/(?<id>\\d+)$`], methods: ['GET'] }),
    (i) => ({ path: `/p${i}/7` }),
  ],
  [
    'one path, many header values',
    (i) => ({ paths: ['/p'], headers: { tenant: [`t${i}`] }, methods: ['GET'] }),
    (i) => ({ path: '/p', headers: [['Tenant', `T${i}`]] }),
  ],
  [
    'one path, many header names',
    (i) => ({ paths: ['/p'], headers: { [`tenant-${i}`]: ['1'] }, methods: ['GET'] }),
    (i) => ({ path: '/p', headers: [[`Tenant_${i}`, '1']] }),
  ],
  ['many methods', (i) => ({ methods: [`M${i}`] }), (i) => ({ method: `M${i}` })],
  [
    'many server names',
    (i) => ({ snis: [`h${i}.test`], methods: ['GET'] }),
    (i) => ({ scheme: 'https', sni: `h${i}.test` }),
  ],
  [
    'one of many methods under one path each',
    (i) => ({ paths: [`/p${i >> 3}/`], methods: [`M${i % 8}`] }),
    (i) => ({ path: `/p${i >> 3}/`, method: `M${i % 8}` }),
  ],
];

for (const [name, make, ask] of SHAPES) {
  test(`${name}: 10,000 routes, a handful looked at`, () => {
    const { router, counter } = countedRouter(make);
    for (const i of [0, 1, 17, 4_999, 9_998, 9_999]) {
      counter.reads = 0;
      assert.equal(router.match(query(ask(i)))?.value, i);
      assert.ok(counter.reads <= 8, `${counter.reads} routes were looked at for request ${i}`);
    }
  });
}

test('compiling 10,000 routes in slices gives way many times', async () => {
  const inputs = Array.from({ length: SIZE }, (_, i) => ({
    route: route({ hosts: [`h${i % 100}.test`], paths: [`/p${i}`, `~/r${i}/\\d+`] }),
    value: i,
  }));
  let pauses = 0;
  let clock = 0;
  const router = await compileRouterSliced(inputs, {
    sliceMs: 10,
    // Each look at the clock is a millisecond: a slice is ten steps.
    now: () => clock++,
    pause: async () => {
      pauses++;
    },
  });
  assert.ok(pauses > 500, `${pauses} pauses`);
  assert.equal(router.match(query({ authority: 'h7.test', path: '/r107/5' }))?.value, 107);
});
