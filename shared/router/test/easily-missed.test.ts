/** What people coming from other gateways trip over in Kong's routing, one test each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../config/entities.ts';
import { compileRouter } from '../compile.ts';
import type { Router } from '../contract.ts';
import { normalisePath } from '../normalise-path.ts';
import { compileUpstreamPath } from '../upstream-path.ts';
import { query, route, winner } from './samples.ts';

function routerOf(routes: Readonly<Record<string, Partial<Route>>>): Router<string> {
  return compileRouter(Object.entries(routes).map(([value, fields]) => ({ route: route(fields), value })));
}

test('path_handling v1 is accepted and ignored', () => {
  const router = routerOf({ r: { paths: ['/rou'], path_handling: 'v1', strip_path: false } });
  const match = router.match(query({ path: '/roureq' }))!;
  const join = compileUpstreamPath('/srv', match.route.strip_path);
  assert.equal(join('/roureq', match.matchedPath), '/srv/roureq');
});

test('prefixes are raw strings: /foo matches /foobar, and stripping leaves /bar', () => {
  const match = routerOf({ r: { paths: ['/foo'] } }).match(query({ path: '/foobar' }))!;
  assert.equal(compileUpstreamPath(null, true)('/foobar', match.matchedPath), '/bar');
});

test('expressions need the tilde, are anchored at the start and not at the end', () => {
  const router = routerOf({ regex: { paths: ['~/x(.*)y'] }, literal: { paths: ['/x(.*)'] } });
  assert.equal(winner(router, { path: '/xay/z' }), 'regex');
  assert.equal(winner(router, { path: '/a/xay' }), undefined);
  assert.equal(winner(router, { path: '/x(.*)z' }), 'literal');
  assert.equal(winner(router, { path: '/xa' }), undefined);
});

test('protocols do not take part: an http route serves https, an https route shadows others', () => {
  const router = routerOf({
    plain: { protocols: ['http'], paths: ['/plain'] },
    shadow: { protocols: ['https'], paths: ['/both'], methods: ['GET'] },
    shadowed: { protocols: ['http'], paths: ['/both'] },
  });
  assert.equal(winner(router, { path: '/plain', scheme: 'https' }), 'plain');
  assert.equal(winner(router, { path: '/both', scheme: 'http' }), 'shadow');
});

test('SNI criteria are ignored on plain http', () => {
  const router = routerOf({ r: { snis: ['a.test'] } });
  assert.equal(winner(router, { scheme: 'http' }), 'r');
  assert.equal(winner(router, { scheme: 'https', sni: 'b.test' }), undefined);
});

test('ties go to the greater id, and a host with port is not better than one without', () => {
  const router = routerOf({
    port: { id: '11111111-0000-4000-8000-000000000000', hosts: ['a.test:80'] },
    any: { id: '22222222-0000-4000-8000-000000000000', hosts: ['a.test'] },
  });
  assert.equal(winner(router, { authority: 'a.test:80' }), 'any');
});

test('hosts are case-sensitive', () => {
  assert.equal(winner(routerOf({ r: { hosts: ['a.test'] } }), { authority: 'A.test' }), undefined);
});

test('regex_priority does not lift the prefixes of the same route', () => {
  const router = routerOf({
    mixed: { paths: ['/a', '~/never$'], regex_priority: 100 },
    longer: { paths: ['/ab'] },
  });
  assert.equal(winner(router, { path: '/abc' }), 'longer');
});

test('no spelling of /admin gets past a route on it to a route on /', () => {
  const router = routerOf({ admin: { paths: ['/admin'] }, open: { paths: ['/'] } });
  const spellings = [
    '/admin',
    '/%61dmin',
    '/./admin',
    '//admin',
    '/x/../admin',
    '/x/%2e%2e/admin',
    '/admin;a',
    '/admin%20',
    '/admin/',
  ];
  for (const path of spellings) {
    assert.equal(winner(router, { path: normalisePath(path)! }), 'admin', path);
  }
});

test('what is matched as another resource also reaches the upstream as another one', () => {
  const router = routerOf({ admin: { paths: ['/admin'] }, open: { paths: ['/'], strip_path: false } });
  for (const [path, upstream] of [
    ['/x/..%2fadmin', '/x/..%2Fadmin'],
    ['/ADMIN', '/ADMIN'],
    ['/%2561dmin', '/%2561dmin'],
  ] as const) {
    const normal = normalisePath(path)!;
    const match = router.match(query({ path: normal }))!;
    assert.equal(match.value, 'open', path);
    assert.equal(compileUpstreamPath(null, false)(normal, match.matchedPath), upstream);
  }
});
