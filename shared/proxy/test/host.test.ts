/** Host (RFC 9112 3.2): exactly one, valid, and the same reading everywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { startGateway } from './harness/gateway.ts';
import { ask } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';
import { type RefusedRow, refuseAll } from './harness/tables.ts';

const INVALID = [
  '',
  'a, b',
  'u@a',
  'a/b',
  'a b',
  'a:80:80',
  'a:99999',
  'a:-1',
  'a:+1',
  'a: 80',
  '[::1',
  '[::1]x',
  '[::1]:',
  '[]',
  '[v1.x]',
  '[1::2::3]',
  '[::1%25eth0]',
  'a..b',
  '.',
  '..',
  '.a',
  'a:b',
  '%61',
  'a\tb',
  'a\x80',
  'a,',
  'a;b',
  'a\\b',
  'http://a',
  '::1',
  'a'.repeat(300),
].filter((host) => host !== '[::1]:');

const REFUSED: readonly RefusedRow[] = [
  { name: 'no Host', octets: 'GET / HTTP/1.1\r\n\r\n', status: 400, reason: 'host_missing' },
  {
    name: 'two Host lines',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    status: 400,
    reason: 'host_repeated',
  },
  {
    name: 'two equal Host lines',
    octets: 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n',
    status: 400,
    reason: 'host_repeated',
  },
  {
    name: 'two Host lines in HTTP/1.0',
    octets: 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n',
    status: 400,
    reason: 'host_repeated',
  },
  {
    name: 'a broken Host beside an absolute target',
    octets: 'GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n',
    status: 400,
    reason: 'host_invalid',
  },
  {
    name: 'an absolute target without Host',
    octets: 'GET http://a/ HTTP/1.1\r\n\r\n',
    status: 400,
    reason: 'host_missing',
  },
  ...INVALID.map((host) => ({
    name: `Host: ${JSON.stringify(host).slice(0, 40)}`,
    octets: `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    status: 400,
    reason: 'host_invalid',
  })),
];

test('hosts that are refused', async (t) => {
  const upstream = await startUpstream(t);
  await refuseAll(t, await startGateway(t, { upstream: upstream.port }), upstream, REFUSED);
});

test('case, one trailing dot and the port do not count for the route', async (t) => {
  const upstream = await startUpstream(t);
  const service = makeService({ host: '127.0.0.1', port: upstream.port });
  const gateway = await startGateway(t, {
    services: [service],
    routes: [makeRoute({ hosts: ['a.example'], paths: null, service: { id: service.id } })],
  });
  for (const host of [
    'a.example',
    'A.Example',
    'a.example.',
    'A.Example.:80',
    'a.example:8000',
    'a.example:',
  ]) {
    const response = await ask(t, gateway.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(response.status, 200, host);
    assert.equal(upstream.requests.at(-1)!.one('x-forwarded-host'), 'a.example');
  }
  for (const host of ['b.example', 'a.example.b', 'xa.example', '[::1]']) {
    assert.equal((await ask(t, gateway.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 404, host);
  }
  const absolute = await ask(t, gateway.port, 'GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n');
  assert.equal(absolute.status, 404, 'the absolute form routes');
});

test('HTTP/1.0 without Host gets the route that asks for none', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  assert.equal((await ask(t, gateway.port, 'GET /old HTTP/1.0\r\n\r\n')).status, 200);
  assert.equal(upstream.requests[0]!.one('host'), `127.0.0.1:${upstream.port}`);
  assert.equal(upstream.requests[0]!.one('via'), '1.0 cardinal-88888888');
});

test('preserve_host passes the Host as sent, and the authority of an absolute target instead of it', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, route: { preserve_host: true } });
  await ask(t, gateway.port, 'GET / HTTP/1.1\r\nHost: Shop.Example:81\r\n\r\n');
  await ask(t, gateway.port, 'GET http://other.example:82/ HTTP/1.1\r\nHost: shop.example\r\n\r\n');
  assert.deepEqual(
    upstream.requests.map((request) => request.one('host')),
    ['Shop.Example:81', 'other.example:82'],
  );
});
