/** Which of several matching routes wins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../config/entities.ts';
import { compileRouter } from '../compile.ts';
import { pathGroups } from '../priority.ts';
import { route, winner } from './samples.ts';

type Request = Parameters<typeof winner>[1];

const ID = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;

/** Both orders of configuration: the first route must win. */
function beats(better: Partial<Route>, worse: Partial<Route>, request: Request): void {
  // Ties would be won by the greater id: the worse route has it.
  const inputs = [
    { route: route({ id: ID('1'), ...better }), value: 'better' },
    { route: route({ id: ID('2'), ...worse }), value: 'worse' },
  ];
  assert.equal(winner(compileRouter(inputs), request), 'better');
  assert.equal(winner(compileRouter(inputs.reverse()), request), 'better');
  assert.equal(winner(compileRouter(inputs.filter(({ value }) => value === 'worse')), request), 'worse');
}

const request: Request = {
  method: 'GET',
  authority: 'a.test',
  path: '/abc/def',
  headers: [
    ['x', '1'],
    ['y', '2'],
  ],
  scheme: 'https',
  sni: 'a.test',
};

test('more criterion kinds beat everything', () => {
  beats({ methods: ['GET'], paths: ['/'] }, { hosts: ['a.test'] }, request);
  beats({ methods: ['GET'], paths: ['/a'] }, { paths: ['/abc/def'] }, request);
  beats({ methods: ['GET'], paths: ['/'] }, { paths: ['~/abc'], regex_priority: 999 }, request);
  beats({ snis: ['a.test'], paths: ['/'] }, { hosts: ['a.test'] }, request);
});

test('a plain host beats a wildcard host, which beats nothing more than no host', () => {
  beats({ hosts: ['a.test'] }, { hosts: ['*.test'] }, request);
  beats({ hosts: ['a.test'] }, { hosts: ['a.test', '*.other'] }, request);
  beats({ hosts: ['a.test'] }, { headers: { x: ['1'], y: ['2'] } }, request);
  beats({ hosts: ['a.test'] }, { paths: ['/abc/def'] }, request);
});

test('more header names beat fewer, and any path', () => {
  beats({ headers: { x: ['1'], y: ['2'] } }, { headers: { x: ['1'] } }, request);
  beats({ headers: { x: ['1'] } }, { paths: ['~/abc'] }, request);
});

test('any expression beats any prefix, then regex_priority, then the longer prefix', () => {
  beats({ paths: ['~/a'] }, { paths: ['/abc/def'] }, request);
  beats({ paths: ['~/a'], regex_priority: 1 }, { paths: ['~/abc/def'] }, request);
  beats({ paths: ['/abc'] }, { paths: ['/ab'], regex_priority: 100 }, request);
});

test('a longer expression does not win', () => {
  beats({ id: ID('9'), paths: ['~/a'] }, { paths: ['~/abc/def'] }, request);
});

test('equal priority: the greater id wins, not the older route', () => {
  beats(
    { id: ID('b'), paths: ['/abc'], created_at: 2 },
    { id: ID('a'), paths: ['/abc'], created_at: 1 },
    request,
  );
});

test('prefix length counts bytes', () => {
  const [latin] = pathGroups(route({ paths: ['/é'] }));
  assert.equal(latin!.priority & 0x7ffffn, 3n);
});

test('the paths of a route are grouped, each group with its own priority', () => {
  const groups = pathGroups(
    route({ paths: ['~/regex.*$', '/long-path', '/one', '/two', '/three', '~/.*'], regex_priority: 5 }),
  );
  assert.deepEqual(
    groups.map(({ paths }) => paths),
    [['~/regex.*$', '~/.*'], ['/long-path'], ['/one', '/two'], ['/three']],
  );
  assert.deepEqual(
    groups.map(({ priority }) => priority),
    [(1n << 61n) | (1n << 51n) | (5n << 19n), (1n << 61n) | 10n, (1n << 61n) | 4n, (1n << 61n) | 6n],
  );
});

test('split groups have derived ids, a single group keeps the id of the route', () => {
  const id = 'c5a9c0ca-3c31-4b2b-a1a0-8f9a0d5c0a01';
  const [first, second] = pathGroups(route({ id, paths: ['/a', '/ab'] }));
  assert.match(first!.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(first!.id, second!.id);
  assert.deepEqual(pathGroups(route({ id, paths: ['/a', '/ab'] }))[1]!.id, second!.id);
  assert.equal(pathGroups(route({ id, paths: ['/a', '/b'] }))[0]!.id, id);
  assert.equal(pathGroups(route({ id, paths: null }))[0]!.id, id);
});

test('the bits are where Kong has them', () => {
  const headers = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`h${i}`, ['v']]));
  const full = { methods: ['GET'], hosts: ['a.test'], headers, snis: ['a.test'] };
  const [regex] = pathGroups(route({ ...full, paths: ['~/a'], regex_priority: 7 }));
  assert.equal(regex!.priority, (5n << 61n) | (1n << 60n) | (255n << 52n) | (1n << 51n) | (7n << 19n));
  const [prefix] = pathGroups(route({ ...full, hosts: ['*.test'], paths: ['/abc'] }));
  assert.equal(prefix!.priority, (5n << 61n) | (255n << 52n) | 4n);
});
