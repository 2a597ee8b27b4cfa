/** Pipelining, keep-alive, HTTP/1.0, Expect, early answers (RFC 9112 9, 9110 10.1.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { OK, startUpstream } from './harness/raw-upstream.ts';

const echo = (target: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`;
const get = (target: string, lines = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;

test('pipelined requests get their answers in order, none lost', async (t) => {
  const upstream = await startUpstream(t, {
    // The first ones take longest.
    onRequest: ({ target }, peer) => {
      if (Number(target.slice(1)) % 10 !== 0) return echo(target);
      setTimeout(() => peer.send(echo(target)), 5);
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  const count = 100;
  const targets = Array.from({ length: count }, (_, i) => `/${i}`);
  client.send(targets.map((target) => get(target)).join(''));
  for (const target of targets) assert.equal((await client.response()).body.toString(), target);
  assert.equal(gateway.engine.status().requestsTotal, count);
});

test('pipelined requests with bodies, cut at every octet', async (t) => {
  const upstream = await startUpstream(t, { onRequest: ({ body }) => echo(body.toString()) });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const octets =
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none' +
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\ntw\r\n1\r\no\r\n0\r\nT: 1\r\n\r\n' +
    '\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nthree';
  const client = await connect(t, gateway.port);
  for (let cut = 1; cut < octets.length; cut += 3) {
    client.send(octets.slice(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(octets.slice(cut));
    for (const expected of ['one', 'two', 'three'])
      assert.equal((await client.response('POST')).body.toString(), expected, `cut at ${cut}`);
  }
});

test('a valid request, then garbage: the answer, then 400 and the end', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      setTimeout(() => peer.send(OK), 10);
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(`${get('/')}garbage\r\n\r\n${get('/never')}`);
  assert.equal((await client.response()).status, 200);
  assert.equal((await client.response()).status, 400);
  assert.equal(await client.closed(), '');
  assert.equal(upstream.requests.length, 1);
});

for (const [name, lines] of [
  ['close', 'Connection: close\r\n'],
  ['close among others', 'Connection: x, CLOSE , keep-alive\r\n'],
] as const) {
  test(`octets behind a request with Connection: ${name} are never looked at`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port });
    const client = await connect(t, gateway.port);
    client.send(get('/', lines) + get('/never'));
    const response = await client.response();
    assert.equal(response.one('connection'), 'close');
    assert.equal(await client.closed(), '');
    assert.equal(upstream.requests.length, 1);
    assert.equal(upstream.requests[0]!.one('connection'), 'keep-alive', 'the upstream connection is ours');
  });
}

test('HTTP/1.0: closed unless it asks, and told when it is kept', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n');
  assert.equal((await client.response()).one('connection'), 'keep-alive');
  client.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  const response = await client.response();
  assert.equal(response.startLine, 'HTTP/1.1 200 OK');
  assert.equal(response.one('connection'), 'close');
  await client.closed();
});

test('HTTP/1.0 never gets chunks', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
  await client.closed();
  const response = await client.response();
  assert.equal(response.one('transfer-encoding'), undefined);
  assert.equal(response.body.toString(), 'ok');
});

test('keepaliveMaxRequests closes after the last one', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { keepaliveMaxRequests: 2 } });
  const client = await connect(t, gateway.port);
  client.send(get('/1') + get('/2') + get('/3'));
  assert.equal((await client.response()).one('connection'), undefined);
  assert.equal((await client.response()).one('connection'), 'close');
  assert.equal(await client.closed(), '');
  assert.equal(upstream.requests.length, 2);
});

test('Expect: 100-continue: the gateway says 100 once, when it reads', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: ({ body }) => `HTTP/1.1 100 Continue\r\n\r\n${echo(body.toString())}`,
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n');
    assert.equal((await client.response()).startLine, 'HTTP/1.1 100 Continue');
    client.send('hello');
    const response = await client.response();
    assert.equal(response.status, 200, 'the 100 of the upstream is not for the client');
    assert.equal(response.body.toString(), 'hello');
  }
  assert.equal(upstream.requests[0]!.one('expect'), undefined);
});

test('Expect: no 100 for a client that has begun to send, and none for 1.0', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello');
  assert.equal((await client.response()).status, 200);
  const old = await connect(t, gateway.port);
  old.send('POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
  await upstream.until('head', () => upstream.peers.find((peer) => peer.headSeen));
  old.send('hello');
  assert.equal((await old.response()).status, 200);
});

test('Expect: a final status that is known from the head comes instead of 100', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: { access: (exchange) => exchange.fail(401, 'Unauthorized') },
  });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
  const response = await client.response();
  assert.equal(response.status, 401);
  assert.equal(response.one('connection'), 'close', 'whether the body will come is not known');
  await client.closed();
  assert.equal(upstream.text, '');
});

test('an early answer: a small rest of the body is read and dropped, never taken for a request', async (t) => {
  const gateway = await startGateway(t, { plugin: { access: (exchange) => exchange.exit(429, 'no') } });
  const client = await connect(t, gateway.port);
  const body = get('/never').padEnd(1000, 'x');
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
  assert.equal((await client.response()).status, 429);
  client.send(body + get('/next'));
  assert.equal((await client.response()).status, 429);
  assert.equal(gateway.engine.status().requestsTotal, 2);
});

for (const [name, head] of [
  ['a large rest', 'Content-Length: 10000000'],
  ['a rest of unknown length', 'Transfer-Encoding: chunked'],
] as const) {
  test(`an early answer: ${name} of the body closes the connection`, async (t) => {
    const gateway = await startGateway(t, { plugin: { access: (exchange) => exchange.exit(429, 'no') } });
    const client = await connect(t, gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`);
    const response = await client.response();
    assert.equal(response.status, 429);
    assert.equal(response.one('connection'), 'close');
    client.send(`0\r\n\r\n${get('/never')}`);
    assert.equal(await client.closed(), '');
    assert.equal(gateway.engine.status().requestsTotal, 1);
  });
}

test('a small rest that never comes ends the connection without a second answer', async (t) => {
  const gateway = await startGateway(t, {
    plugin: { access: (exchange) => exchange.exit(429, 'no') },
    settings: { bodyIdleTimeoutMs: 50 },
  });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
  assert.equal((await client.response()).status, 429);
  assert.equal(await client.closed(), '');
});

test('more connections than allowed are refused, the others go on', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { maxConnections: 2 } });
  const first = await connect(t, gateway.port);
  const second = await connect(t, gateway.port);
  first.send(get('/'));
  second.send(get('/'));
  assert.equal((await first.response()).status, 200);
  assert.equal((await second.response()).status, 200);
  const third = await connect(t, gateway.port);
  third.send(get('/'));
  assert.equal(await third.closed(), '');
  first.send(get('/'));
  assert.equal((await first.response()).status, 200);
  assert.equal(gateway.engine.status().connectionsActive, 2);
});

test('drain: idle connections close, a running exchange ends in order with Connection: close', async (t) => {
  let answer: (() => void) | undefined;
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      answer = () => peer.send(OK);
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const idle = await connect(t, gateway.port);
  const busy = await connect(t, gateway.port);
  busy.send(get('/') + get('/never'));
  await upstream.request();
  const drained = gateway.engine.drain(2000);
  assert.equal(await idle.closed(), '');
  answer!();
  const response = await busy.response();
  assert.equal(response.one('connection'), 'close');
  assert.equal(await busy.closed(), '');
  assert.deepEqual(await drained, { cut: 0 });
  assert.equal(upstream.requests.length, 1);
});
