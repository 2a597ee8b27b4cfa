/** What makes a route match: each criterion kind by Kong's rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../config/entities.ts';
import { compileRouter } from '../compile.ts';
import type { Router } from '../contract.ts';
import { query, route, winner } from './samples.ts';

function routerOf(routes: Readonly<Record<string, Partial<Route>>>): Router<string> {
  return compileRouter(Object.entries(routes).map(([value, fields]) => ({ route: route(fields), value })));
}

test('every criterion kind must hold, the values of one kind are alternatives', () => {
  const router = routerOf({
    r: { methods: ['GET', 'PUT'], hosts: ['a.test', 'b.test'], paths: ['/x', '/y'] },
  });
  assert.equal(winner(router, { authority: 'b.test', path: '/y' }), 'r');
  assert.equal(winner(router, { authority: 'b.test', path: '/y', method: 'PUT' }), 'r');
  assert.equal(winner(router, { authority: 'b.test', path: '/y', method: 'POST' }), undefined);
  assert.equal(winner(router, { authority: 'c.test', path: '/y' }), undefined);
  assert.equal(winner(router, { authority: 'b.test', path: '/z' }), undefined);
});

test('methods are case-sensitive', () => {
  assert.equal(winner(routerOf({ r: { methods: ['GET'] } }), { method: 'get' }), undefined);
});

test('hosts are compared as sent, with case', () => {
  const router = routerOf({ r: { hosts: ['Example.test'] } });
  assert.equal(winner(router, { authority: 'Example.test' }), 'r');
  assert.equal(winner(router, { authority: 'example.test' }), undefined);
  assert.equal(winner(router, { authority: '' }), undefined);
});

test('a host without port matches any port; only digits make a port', () => {
  const router = routerOf({ r: { hosts: ['a.test'] } });
  assert.equal(winner(router, { authority: 'a.test:8443' }), 'r');
  assert.equal(winner(router, { authority: 'a.test:' }), undefined);
  assert.equal(winner(router, { authority: 'a.test:x' }), undefined);
  assert.equal(winner(router, { authority: 'a.test:80:80' }), undefined);
});

test('a host with port asks the Host header, then the listener', () => {
  const router = routerOf({ r: { hosts: ['a.test:8000'] } });
  assert.equal(winner(router, { authority: 'a.test:8000', listenPort: 1 }), 'r');
  assert.equal(winner(router, { authority: 'a.test', listenPort: 8000 }), 'r');
  assert.equal(winner(router, { authority: 'a.test', listenPort: 8443 }), undefined);
  assert.equal(winner(router, { authority: 'a.test:81', listenPort: 8000 }), undefined);
});

test('the listener of the query counts, also when the same authority came before', () => {
  const router = routerOf({ r: { hosts: ['a.test:8000'] } });
  assert.equal(winner(router, { authority: 'a.test', listenPort: 8443 }), undefined);
  assert.equal(winner(router, { authority: 'a.test', listenPort: 8000 }), 'r');
});

test('a leftmost wildcard stands for any number of labels', () => {
  const router = routerOf({ r: { hosts: ['*.example.test'] } });
  assert.equal(winner(router, { authority: 'a.example.test' }), 'r');
  assert.equal(winner(router, { authority: 'b.a.example.test:80' }), 'r');
  assert.equal(winner(router, { authority: 'example.test' }), undefined);
  assert.equal(winner(router, { authority: 'aexample.test' }), undefined);
});

test('a rightmost wildcard, and one with a port', () => {
  const router = routerOf({ r: { hosts: ['example.*'] }, p: { hosts: ['port.*:81'] } });
  assert.equal(winner(router, { authority: 'example.co.test' }), 'r');
  assert.equal(winner(router, { authority: 'examples.test' }), undefined);
  assert.equal(winner(router, { authority: 'port.test:81' }), 'p');
  assert.equal(winner(router, { authority: 'port.test:82' }), undefined);
});

test('header names ignore case and dashes, values ignore case, any line may match', () => {
  const router = routerOf({ r: { headers: { 'X-Api_Version': ['V2', 'v3'] } } });
  assert.equal(winner(router, { headers: [['x_api-VERSION', 'v2']] }), 'r');
  assert.equal(
    winner(router, {
      headers: [
        ['x-api-version', 'v1'],
        ['X-Api-Version', 'V3'],
      ],
    }),
    'r',
  );
  assert.equal(winner(router, { headers: [['x-api-version', 'v1']] }), undefined);
  assert.equal(winner(router, {}), undefined);
});

test('every named header must be there', () => {
  const router = routerOf({ r: { headers: { a: ['1'], b: ['2'] } } });
  assert.equal(
    winner(router, {
      headers: [
        ['a', '1'],
        ['b', '2'],
      ],
    }),
    'r',
  );
  assert.equal(winner(router, { headers: [['a', '1']] }), undefined);
});

test('a header value with ~* is an unanchored expression', () => {
  const router = routerOf({ r: { headers: { 'user-agent': ['~*Mo(zilla|bile)/[0-9]'] } } });
  assert.equal(winner(router, { headers: [['User-Agent', 'Like MOZILLA/5.0']] }), 'r');
  assert.equal(winner(router, { headers: [['User-Agent', 'Mozilla']] }), undefined);
});

test('an SNI asks https connections for their name', () => {
  const router = routerOf({ r: { snis: ['a.test.', '*.wild.test'] } });
  assert.equal(winner(router, { scheme: 'https', sni: 'a.test' }), 'r');
  assert.equal(winner(router, { scheme: 'https', sni: 'x.wild.test' }), 'r');
  assert.equal(winner(router, { scheme: 'https', sni: 'b.test' }), undefined);
  assert.equal(winner(router, { scheme: 'https' }), undefined);
});

test('a match tells the prefix, the expression its text and groups', () => {
  const router = routerOf({
    prefix: { paths: ['/shop/', '/shoe/'] },
    regex: { paths: ['~/(?<kind>user|team)s/(\\d+)', '~/plain'] },
    host: { hosts: ['h.test'] },
  });
  const prefix = router.match(query({ path: '/shoe/1' }))!;
  assert.deepEqual([prefix.matchedPath, prefix.captures], ['/shoe/', undefined]);
  assert.equal(router.match(query({ path: '/shoe/2' })), prefix);
  const regex = router.match(query({ path: '/teams/42/x' }))!;
  assert.equal(regex.matchedPath, '/teams/42');
  assert.deepEqual({ ...regex.captures }, { 1: 'team', kind: 'team', 2: '42' });
  const plain = router.match(query({ path: '/plainer' }))!;
  assert.deepEqual([plain.matchedPath, plain.captures], ['/plain', undefined]);
  assert.equal(router.match(query({ authority: 'h.test' }))?.matchedPath, '');
});

test('of several expressions of one route the first in its list counts', () => {
  const router = routerOf({ r: { paths: ['~/a/b(c)', '~/a/(b)', '~/(a)'] } });
  assert.equal(router.match(query({ path: '/a/bc' }))?.matchedPath, '/a/bc');
  assert.equal(router.match(query({ path: '/a/b' }))?.matchedPath, '/a/b');
  assert.equal(router.match(query({ path: '/a/x' }))?.matchedPath, '/a');
});

test('criteria that are empty lists do not count', () => {
  const router = routerOf({ r: { paths: ['/x'], methods: [], hosts: [], headers: {}, snis: [] } });
  assert.equal(winner(router, { path: '/x' }), 'r');
  assert.equal(router.explain(query({ path: '/x' })).candidates[0]?.priority, (1n << 61n) | 2n);
});

test('a path in another script is matched as text', () => {
  const router = routerOf({ r: { paths: ['/café'] }, s: { paths: ['/caff'] } });
  assert.equal(winner(router, { path: '/café/x' }), 'r');
});

test('routes of the stream subsystem do not take part', () => {
  const router = routerOf({ tcp: { protocols: ['tcp'] }, tls: { protocols: ['tls'], snis: ['a.test'] } });
  assert.equal(router.size, 0);
  assert.equal(winner(router, {}), undefined);
});

test('an empty configuration matches nothing', () => {
  assert.equal(winner(compileRouter<string>([]), {}), undefined);
});

test('a route whose expression does not compile is named', () => {
  const bad = { route: route({ name: 'broken', paths: ['~/(?=x)'] }), value: 'x' };
  assert.throws(() => compileRouter([bad]), /^RouteCompileError: route broken: path '~\/\(\?=x\)'/);
});

test('a look-up that throws leaves nothing behind for the next one', () => {
  const router = routerOf({ path: { paths: ['/a'] }, header: { paths: ['/a'], headers: { x: ['1'] } } });
  const broken = { ...query({ path: '/a' }) };
  broken.headers.forEach = () => {
    throw new Error('broken');
  };
  assert.throws(() => router.match(broken), /broken/);
  assert.equal(winner(router, { path: '/' }), undefined);
  assert.equal(winner(router, { path: '/a' }), 'path');
});

test('a route with very many hosts and paths is found by each of them', () => {
  const hosts = Array.from({ length: 60 }, (_, i) => `h${i}.test`);
  const paths = Array.from({ length: 60 }, (_, i) => `/p${i}/`.padEnd(8, 'x'));
  const router = routerOf({ big: { hosts, paths }, other: { hosts: ['h1.test'] } });
  assert.equal(winner(router, { authority: 'h59.test:1', path: paths[59]! }), 'big');
  assert.equal(winner(router, { authority: 'h60.test', path: paths[59]! }), undefined);
  assert.equal(winner(router, { authority: 'h1.test', path: '/q' }), 'other');
});
