/** What `explain` tells people. That it agrees with `match` is the agreement test's business. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRouter } from '../compile.ts';
import { MAX_CANDIDATES } from '../explain.ts';
import { query, route } from './samples.ts';

test('every criterion says what was asked, what came and whether it held', () => {
  const fields = {
    methods: ['GET', 'PUT'],
    hosts: ['*.test'],
    headers: { 'X-Tenant': ['A', 'b'] },
    paths: ['/x'],
    snis: ['a.test'],
  };
  const router = compileRouter([{ route: route(fields), value: 'r' }]);
  const request = { authority: 'a.test:81', path: '/y', headers: [['x_tenant', 'B']] as const };
  const explained = router.explain(query({ ...request, method: 'GET' }));
  assert.equal(explained.match, undefined);
  assert.equal(explained.candidates.length, 1);
  assert.equal(explained.candidates[0]!.matched, false);
  assert.deepEqual(explained.candidates[0]!.criteria, [
    { kind: 'methods', wanted: ['GET', 'PUT'], got: 'GET', held: true },
    { kind: 'hosts', wanted: ['*.test'], got: 'a.test:81', held: true },
    { kind: 'headers', wanted: ['x-tenant: A', 'x-tenant: b'], got: 'x-tenant: b', held: true },
    { kind: 'paths', wanted: ['/x'], got: '/y', held: false },
    { kind: 'snis', wanted: ['a.test'], got: 'not TLS', held: true },
  ]);
});

test('candidates come in order of priority, the shadowed ones too', () => {
  const router = compileRouter([
    { route: route({ name: 'short', paths: ['/a'] }), value: 1 },
    { route: route({ name: 'long', paths: ['/ab'] }), value: 2 },
    { route: route({ name: 'post', paths: ['/a'], methods: ['POST'] }), value: 3 },
  ]);
  const { match, candidates } = router.explain(query({ path: '/abc' }));
  assert.equal(match?.value, 2);
  assert.deepEqual(
    candidates.map((candidate) => [candidate.route.name, candidate.matched]),
    [
      ['post', false],
      ['long', true],
      ['short', true],
    ],
  );
});

test('a route with paths of two lengths is two candidates', () => {
  const router = compileRouter([{ route: route({ paths: ['/a', '/abc', '/x'] }), value: 1 }]);
  const { candidates } = router.explain(query({ path: '/abcd' }));
  assert.deepEqual(
    candidates.map(({ paths }) => paths),
    [['/abc'], ['/a', '/x']],
  );
});

test('of many routes the nearest are shown, the winner among them', () => {
  const inputs = Array.from({ length: 500 }, (_, i) => ({
    route: route({ hosts: [`h${i}.test`], paths: ['/a'], methods: ['POST'] }),
    value: i,
  }));
  inputs.push({ route: route({ name: 'winner', paths: ['/'] }), value: -1 });
  inputs.push({
    route: route({ name: 'near', hosts: ['q.test'], paths: ['/a'], methods: ['GET'] }),
    value: -2,
  });
  const { match, candidates } = compileRouter(inputs).explain(query({ path: '/a', authority: 'x.test' }));
  assert.equal(match?.value, -1);
  assert.equal(candidates.length, MAX_CANDIDATES);
  assert.equal(candidates.filter(({ matched }) => matched).length, 1);
  assert.ok(candidates.some((candidate) => candidate.route.name === 'near'));
});
