/** Random configurations and requests: the router, `explain` and the reference router must agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../config/entities.ts';
import { HeaderList } from '../../plugins/testkit/header-list.ts';
import { Random } from '../../test/random.ts';
import { compileRouter, compileRouterSliced } from '../compile.ts';
import type { RouteQuery } from '../contract.ts';
import { referenceMatch } from './reference-router.ts';
import { route } from './samples.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PURGE', 'get'];
const HOSTS = [
  'a.test',
  'b.test',
  'A.test',
  'x.a.test',
  '*.test',
  '*.a.test',
  'a.*',
  'x.a.*',
  'a.test:8000',
  'a.test:81',
  '*.a.test:81',
  'a.*:8000',
];
const AUTHORITIES = [
  'a.test',
  'b.test',
  'x.a.test',
  'y.x.a.test',
  'a.test:81',
  'a.test:8000',
  'x.a.test:81',
  'A.test',
  'a.org',
  '.test',
  'a.',
  '',
  'a.test:',
  'a.test:8x',
  '[::1]:80',
  'test',
];
const PATHS = [
  '/',
  '/a',
  '/ab',
  '/b',
  '/a/',
  '/a/b',
  '/a/b/c',
  '/é',
  '~/a',
  '~/a/[^/]+$',
  '~/a/(?<id>\\d+)',
  '~/(a|b)/b',
  '~/a+b*$',
  '~/[a-z]+/b(/c)?$',
  '~/(?:a|ab)(?:c|bcd)?',
  '~/.*b',
];
const REQUEST_PATHS = [
  '/',
  '/a',
  '/ab',
  '/abb',
  '/abcd',
  '/b',
  '/b/b',
  '/a/',
  '/a/b',
  '/a/bc',
  '/a/b/c',
  '/a/12',
  '/é',
  '/éa',
  '/c',
  '/aab',
  '/z/b/c',
  '',
];
const HEADER_NAMES = ['x-one', 'X_Two', 'x-three'];
const HEADER_VALUES = ['1', 'Two', 'three', '~*^t', '~*(wo|ee)$'];
const HEADER_LINES: [string, string][] = [
  ['X-One', '1'],
  ['x_one', 'TWO'],
  ['x-two', 'two'],
  ['X-Three', 'Three'],
  ['x-three', '1'],
];
const SNIS = ['a.test', 'b.test', 'b.test.', '*.test', 'a.*'];

function randomRoute(random: Random): Route {
  const fields: Record<string, unknown> = {
    id: random.uuid(),
    regex_priority: random.chance(0.3) ? random.below(3) : 0,
  };
  if (random.chance(0.4)) fields['methods'] = random.some(METHODS, 0, 2);
  if (random.chance(0.4)) fields['hosts'] = random.some(HOSTS, 0, 3);
  if (random.chance(0.7)) fields['paths'] = random.some(PATHS, 0, 4);
  if (random.chance(0.3)) fields['snis'] = random.some(SNIS, 0, 2);
  if (random.chance(0.3)) {
    const headers: Record<string, string[]> = {};
    for (const name of random.some(HEADER_NAMES, 1, 2)) headers[name] = random.some(HEADER_VALUES, 1, 2);
    fields['headers'] = headers;
  }
  return route(fields);
}

function randomQuery(random: Random): RouteQuery {
  return {
    method: random.pick(METHODS),
    authority: random.pick(AUTHORITIES),
    path: random.pick(REQUEST_PATHS),
    headers: new HeaderList(random.some(HEADER_LINES, 0, 3)),
    scheme: random.chance(0.5) ? 'https' : 'http',
    sni: random.pick([undefined, 'a.test', 'b.test', 'x.test', 'a.test.']),
    listenPort: random.pick([8000, 81]),
  };
}

function describe(routes: readonly Route[], query: RouteQuery): string {
  const headers: string[] = [];
  query.headers.forEach((name, value) => void headers.push(`${name}: ${value}`));
  return JSON.stringify({ routes, query: { ...query, headers } }, null, 1);
}

function stringify(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function agree(seed: number, configurations: number, routesEach: number, queriesEach: number): void {
  const random = new Random(seed);
  let matched = 0;
  for (let i = 0; i < configurations; i++) {
    const routes = Array.from({ length: 1 + random.below(routesEach) }, () => randomRoute(random));
    const router = compileRouter(routes.map((each) => ({ route: each, value: each.id })));
    for (let j = 0; j < queriesEach; j++) {
      const query = randomQuery(random);
      const expected = referenceMatch(routes, query);
      const actual = router.match(query);
      const explained = router.explain(query);
      const first = explained.candidates.find((candidate) => candidate.matched);
      const agreed =
        actual?.route === expected?.route &&
        actual?.matchedPath === expected?.matchedPath &&
        explained.match?.route === expected?.route &&
        explained.match?.matchedPath === expected?.matchedPath &&
        first?.route === expected?.route;
      if (!agreed) {
        const found = { actual, expected, explained: explained.match, first };
        assert.fail(`seed ${seed}: ${JSON.stringify(found, stringify, 1)} ${describe(routes, query)}`);
      }
      if (expected !== undefined) matched++;
    }
  }
  assert.ok(matched > (configurations * queriesEach) / 10, `only ${matched} requests matched anything`);
}

test('few routes: 2,000 configurations agree with the reference', () => {
  agree(1, 2000, 6, 6);
});

test('many routes that share hosts and paths: long leaves agree with the reference', () => {
  agree(2, 15, 400, 40);
});

test('a sliced compilation gives the same router', async () => {
  const random = new Random(3);
  const routes = Array.from({ length: 700 }, () => randomRoute(random));
  const inputs = routes.map((each) => ({ route: each, value: each.id }));
  const whole = compileRouter(inputs);
  const sliced = await compileRouterSliced(inputs, { sliceMs: 0, pause: async () => {} });
  for (let i = 0; i < 300; i++) {
    const query = randomQuery(random);
    assert.deepEqual(sliced.match(query), whole.match(query));
  }
});
