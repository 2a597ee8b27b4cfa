/** X-Forwarded-*, Forwarded, X-Real-IP, Via and loops (Kong 4.5, RFC 9110 7.6.3, RFC 7239). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { ask } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const SAID =
  'X-Forwarded-For: 192.0.2.7, 127.0.0.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Port: 443\r\n' +
  'X-Forwarded-Path: /outer\r\nX-Forwarded-Prefix: /pre\r\nX-Real-IP: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n';
const request = (lines = ''): string => `GET /svc/x?y HTTP/1.1\r\nHost: In.Example:81\r\n${lines}\r\n`;
const NAMES = [
  'x-forwarded-for',
  'x-real-ip',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-host',
  'x-forwarded-path',
  'x-forwarded-prefix',
  'forwarded',
];

test('what a stranger says about itself is replaced', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, route: { paths: ['/svc'] } });
  await ask(t, gateway.port, request(SAID));
  await ask(t, gateway.port, request());
  for (const seen of upstream.requests) {
    assert.deepEqual(
      NAMES.map((name) => seen.one(name)),
      ['127.0.0.1', '127.0.0.1', 'http', String(gateway.port), 'in.example', '/svc/x', '/svc', undefined],
    );
    assert.equal(seen.target, '/x?y');
  }
});

test('what a trusted peer says is kept, and its address is added', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { trustedIps: ['127.0.0.0/8'] },
  });
  await ask(t, gateway.port, request(SAID));
  await ask(t, gateway.port, request());
  const [said, silent] = upstream.requests;
  assert.deepEqual(
    NAMES.map((name) => said!.one(name)),
    [
      '192.0.2.7, 127.0.0.9, 127.0.0.1',
      '192.0.2.7',
      'https',
      '443',
      'shop.example',
      '/outer',
      '/pre',
      'for=192.0.2.7, for=127.0.0.1',
    ],
  );
  assert.deepEqual(
    NAMES.map((name) => silent!.one(name)),
    ['127.0.0.1', '127.0.0.1', 'http', String(gateway.port), 'in.example', '/svc/x', undefined, undefined],
  );
});

test('the client address comes from the right-most address that is not trusted', async (t) => {
  const ips: string[] = [];
  const gateway = await startGateway(t, {
    settings: {
      trustedIps: ['127.0.0.0/8', '10.0.0.0/8'],
      realIpHeader: 'X-Forwarded-For',
      realIpRecursive: true,
    },
    plugin: {
      access: (exchange) => {
        ips.push(exchange.client.ip);
        exchange.exit(200, exchange.client.ip);
      },
    },
  });
  const ipFor = async (value: string) => {
    await ask(t, gateway.port, request(`X-Forwarded-For: ${value}\r\n`));
    return ips.at(-1);
  };
  assert.equal(await ipFor('198.51.100.1, 192.0.2.7, 10.1.1.1'), '192.0.2.7');
  assert.equal(await ipFor('192.0.2.7:443'), '192.0.2.7');
  assert.equal(await ipFor('[2001:db8::1]:443'), '2001:db8::1');
  assert.equal(
    await ipFor('192.0.2.7, nonsense'),
    '127.0.0.1',
    'what stands left of nonsense is not believed',
  );
  assert.equal(await ipFor('10.0.0.1, 10.0.0.2'), '10.0.0.1');
  assert.equal(await ipFor(''), '127.0.0.1');
});

test('several X-Forwarded-For lines are one list', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { trustedIps: ['127.0.0.1'] } });
  await ask(t, gateway.port, request('X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n'));
  assert.equal(upstream.requests[0]!.one('x-forwarded-for'), '192.0.2.1, 192.0.2.2, 127.0.0.1');
});

test('Via grows by this node, and a request that has been here is a loop', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  await ask(t, gateway.port, request('Via: 1.0 first\r\nVia: 1.1 second (x)\r\n'));
  assert.equal(upstream.requests[0]!.one('via'), '1.0 first, 1.1 second (x), 1.1 cardinal-88888888');
  const response = await ask(t, gateway.port, request('Via: 1.1 other, 1.1 cardinal-88888888\r\n'));
  assert.equal(response.status, 508);
  assert.equal(upstream.requests.length, 1);
});

test('a gateway that is its own upstream ends in 508 and not in a storm', async (t) => {
  const probe = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: probe.port });
  // The upstream sends every request back to the gateway, as a service that points at it would.
  probe.script.onRequest = (seen, peer) => {
    void ask(t, gateway.port, seen.raw).then((response) => peer.send(response.raw));
    return undefined;
  };
  assert.equal((await ask(t, gateway.port, request())).status, 508);
  assert.equal(probe.requests.length, 1);
});

test('an identity that a client claims in fields the gateway sets goes nowhere as X-Kong-Request-Id', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const response = await ask(
    t,
    gateway.port,
    request('X-Kong-Request-Id: mine\r\nX_Kong_Request_Id: mine\r\n'),
  );
  const [seen] = upstream.requests;
  assert.match(seen!.one('x-kong-request-id')!, /^[0-9a-f]{32}$/);
  assert.equal(response.one('x-kong-request-id'), seen!.one('x-kong-request-id'));
  assert.deepEqual(seen!.all('x_kong_request_id'), []);
});

for (const [path, upstreamPath] of [
  ['/a//b', '/a/b'],
  ['/a/./b/../c', '/a/c'],
  ['/%61%7e', '/a~'],
  ['/a%20b', '/a%20b'],
  ['/a%0d%0aX:%20y', '/a%0D%0AX:%20y'],
  ['/a%2fb', '/a%2Fb'],
  ['/%e2%82%ac', '/%E2%82%AC'],
  ['/a%23b%3fc', '/a%23b%3Fc'],
] as const) {
  test(`path ${path} goes on as ${upstreamPath}`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port });
    await ask(t, gateway.port, `GET ${path}?q=%0d/../%zz HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal(upstream.requests[0]!.target, `${upstreamPath}?q=%0d/../%zz`, 'the query as it was');
  });
}

for (const path of ['/a%00', '/a\\b', '/a%', '/a%4', '/a%zz', '/%ff', '/%c0%ae%c0%ae/']) {
  test(`path ${path} is refused`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port });
    assert.equal((await ask(t, gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status, 400);
    assert.equal(upstream.text, '');
  });
}
