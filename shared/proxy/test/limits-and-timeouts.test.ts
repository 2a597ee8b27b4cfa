/** Limits (414, 431, 413) and timeouts (408, 504, cut). Times are settings of the engine under test. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';
import { refuseAll } from './harness/tables.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('limits of a head', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { maxRequestLineBytes: 100, maxHeaderBytes: 1000, maxHeaderCount: 10 },
  });
  const lines = (count: number): string => 'X: 1\r\n'.repeat(count);
  await refuseAll(t, gateway, upstream, [
    {
      name: 'target',
      octets: `GET /${'a'.repeat(100)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      status: 414,
      reason: 'target_too_long',
    },
    {
      name: 'target, never ended',
      octets: `GET /${'a'.repeat(100)}`,
      status: 414,
      reason: 'target_too_long',
    },
    {
      name: 'one line',
      octets: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(1000)}\r\n\r\n`,
      status: 431,
      reason: 'head_too_large',
    },
    {
      name: 'a name',
      octets: `GET / HTTP/1.1\r\nHost: a\r\n${'a'.repeat(1000)}: x\r\n\r\n`,
      status: 431,
      reason: 'head_too_large',
    },
    {
      name: 'a line that never ends',
      octets: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(1000)}`,
      status: 431,
      reason: 'head_too_large',
    },
    {
      name: 'white space that never ends',
      octets: `GET / HTTP/1.1\r\nHost: a\r\nX:${' '.repeat(1000)}`,
      status: 431,
      reason: 'head_too_large',
    },
    {
      name: 'number of lines',
      octets: `GET / HTTP/1.1\r\nHost: a\r\n${lines(10)}\r\n`,
      status: 431,
      reason: 'too_many_fields',
    },
  ]);
  assert.equal((await ask(t, gateway.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines(9)}\r\n`)).status, 200);
});

test('limits of a body', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { maxBodyBytes: 10 } });
  await refuseAll(t, gateway, upstream, [
    {
      name: 'by its length',
      octets: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n',
      status: 413,
      reason: 'body_too_large',
    },
    {
      name: 'by its length, instead of 100',
      octets: 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n',
      status: 413,
      reason: 'body_too_large',
    },
  ]);
  await t.test('in chunks: the upstream request is never completed', async (t) => {
    const client = await connect(t, gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n');
    const peer = await upstream.until('head', () => upstream.peers.find((one) => one.headSeen));
    client.send('3\r\n123\r\n0\r\n\r\n');
    assert.equal((await client.response('POST')).status, 413);
    await client.closed();
    await upstream.until('end of the connection', () => (peer.closed ? true : undefined));
    // With the line end before it: a request id may end in 0, and the head behind that.
    assert.ok(!peer.received.includes('\r\n0\r\n\r\n'));
  });
  const exact = await ask(
    t,
    gateway.port,
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n1234567890\r\n0\r\n\r\n',
  );
  assert.equal(exact.status, 200);
});

test('a refusal of a HEAD request has no body', async (t) => {
  const gateway = await startGateway(t, { settings: { maxBodyBytes: 10 } });
  const client = await connect(t, gateway.port);
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n');
  assert.equal((await client.response('HEAD')).status, 413);
  assert.equal(await client.closed(), '');
});

test('a head that takes too long: 408, close', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { headerTimeoutMs: 120 } });
  const client = await connect(t, gateway.port);
  client.send('GET / HTTP/1.1\r\n');
  // Drips do not help: the time is for the whole head.
  const drip = setInterval(() => client.send('X: 1\r\n'), 30);
  t.after(() => clearInterval(drip));
  const response = await client.response();
  clearInterval(drip);
  assert.equal(response.status, 408);
  assert.equal(response.one('connection'), 'close');
  assert.equal(await client.closed(), '');
  assert.equal(upstream.text, '');
});

test('a connection that sends nothing is closed without a word', async (t) => {
  const gateway = await startGateway(t, { settings: { keepaliveTimeoutMs: 50 } });
  const client = await connect(t, gateway.port);
  assert.equal(await client.closed(), '');
});

for (const [name, framing, part] of [
  ['a length', 'Content-Length: 10', 'half'],
  ['chunks', 'Transfer-Encoding: chunked', '4\r\nhalf\r\n'],
] as const) {
  test(`a body with ${name} that does not come: 408, and the half-sent request is destroyed`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port, settings: { bodyIdleTimeoutMs: 100 } });
    const client = await connect(t, gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${part}`);
    const response = await client.response('POST');
    assert.equal(response.status, 408);
    assert.equal(response.one('connection'), 'close');
    await client.closed();
    await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
    assert.equal(upstream.requests.length, 0);
    assert.ok(!upstream.text.includes('\r\n0\r\n'));
  });
}

test('an upstream that never answers: 504', async (t) => {
  const upstream = await startUpstream(t, { onRequest: () => undefined });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { read_timeout: 50 } });
  const response = await ask(t, gateway.port, GET);
  assert.equal(response.status, 504);
  assert.match(response.body.toString(), /^The upstream server is timing out\n/);
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
  assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'upstream_timeout' }), 1);
});

test('an upstream that stops within a response: cut', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { read_timeout: 50 } });
  const client = await connect(t, gateway.port);
  client.send(GET);
  await client.closed();
  assert.ok(client.wasReset);
  assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'response_timeout' }), 1);
});

test('an upstream that drips is given time from read to read', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      let left = 5;
      const timer = setInterval(() => {
        peer.send('x');
        if (--left === 0) clearInterval(timer);
      }, 60);
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { read_timeout: 150 } });
  assert.equal((await ask(t, gateway.port, GET)).body.toString(), 'xxxxx');
});

test('a client that does not read is cut, and the upstream let go', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n');
      const piece = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (!peer.closed && peer.socket.write(piece));
      };
      peer.socket.on('drain', more);
      more();
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { sendTimeoutMs: 100 } });
  const client = await connect(t, gateway.port);
  client.socket.pause();
  client.send(GET);
  await upstream.until('end of the connection', () => (upstream.peers[0]?.closed ? true : undefined));
  client.socket.resume();
  await client.closed();
  assert.ok(client.wasReset);
  assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'client_too_slow' }), 1);
  assert.equal(gateway.engine.status().requestsActive, 0);
});

const LARGE = 16 * 1024 * 1024;

/** A response whose first octet a plugin makes 16 MiB of: far more than the system takes at once. */
async function largeResponse(t: TestContext) {
  const upstream = await startUpstream(t, {
    onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx',
  });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { sendTimeoutMs: 300 },
    plugin: { responseBody: (_, octets) => (octets.toString() === 'x' ? Buffer.alloc(LARGE, 'x') : octets) },
  });
  const client = await connect(t, gateway.port);
  client.socket.pause();
  client.send(GET);
  return { upstream, gateway, client };
}

test('a client that reads slowly but steadily is not cut, however long it takes', async (t) => {
  const { upstream, gateway, client } = await largeResponse(t);
  // Counted here: putting everything together again at each read would take longer than reading it.
  client.socket.removeAllListeners('data');
  let received = 0;
  let reads = 0;
  const all = new Promise<void>((resolve, reject) => {
    client.socket.on('data', (octets: Buffer) => {
      received += octets.length;
      if (received > LARGE) resolve();
      else if (++reads % 8 === 0) client.socket.pause();
    });
    client.socket.on('close', () => reject(new Error(`cut after ${received} octets`)));
  });
  const timer = setInterval(() => client.socket.resume(), 25);
  t.after(() => clearInterval(timer));
  await all;
  upstream.peers[0]!.send('y');
  let rest = '';
  while (!rest.endsWith('1\r\ny\r\n0\r\n\r\n')) {
    const [octets] = (await once(client.socket, 'data')) as [Buffer];
    rest += octets.toString('latin1');
  }
  assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'client_too_slow' }), 0);
});

test('a client that stops reading in the middle of it is cut', async (t) => {
  const { upstream, gateway, client } = await largeResponse(t);
  let received = 0;
  client.socket.on('data', (octets: Buffer) => {
    received += octets.length;
    if (received > LARGE / 4) client.socket.pause();
  });
  client.socket.resume();
  await upstream.until('end of the connection', () => (upstream.peers[0]?.closed ? true : undefined));
  assert.equal(gateway.counted('cardinal_exchange_errors_total', { code: 'client_too_slow' }), 1);
});

test('a body that comes too slowly on the whole: 408', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { minBodyRate: 1000, minBodyGraceMs: 150 },
  });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
  // No pause is long, but it would take twenty seconds.
  const drip = setInterval(() => client.send('x'), 20);
  t.after(() => clearInterval(drip));
  const response = await client.response('POST');
  clearInterval(drip);
  assert.equal(response.status, 408);
  assert.equal(gateway.counted('cardinal_messages_refused_total', { reason: 'body_too_slow' }), 1);
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
});

for (const [name, settings, piece] of [
  ['at the least rate', { minBodyRate: 1000, minBodyGraceMs: 150 }, 'x'.repeat(100)],
  ['without a least rate', { minBodyRate: 0, minBodyGraceMs: 0 }, 'x'],
] as const) {
  test(`a body that comes ${name} may take its time`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port, settings });
    const client = await connect(t, gateway.port);
    const pieces = 20;
    client.send(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${pieces * piece.length}\r\nConnection: close\r\n\r\n`,
    );
    for (let i = 0; i < pieces; i++) {
      client.send(piece);
      await sleep(25);
    }
    assert.equal((await client.response('POST')).status, 200);
  });
}

test('time in which the upstream does not take a body is not counted', async (t) => {
  const upstream = await startUpstream(t, { onData: (_, peer) => void peer.socket.pause() });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { minBodyRate: 1024 ** 3, minBodyGraceMs: 200 },
  });
  const client = await connect(t, gateway.port);
  const size = 32 * 1024 * 1024;
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size + 1}\r\n\r\n`);
  client.send(Buffer.alloc(size));
  // Much longer than the grace, with everything full on the way.
  for (let i = 0; i < 8; i++) await sleep(80);
  assert.equal(gateway.counted('cardinal_messages_refused_total', { reason: 'body_too_slow' }), 0);
  upstream.peers[0]!.socket.on('data', () => upstream.peers[0]!.socket.resume()).resume();
  assert.equal((await client.response('POST')).status, 408);
  assert.equal(gateway.counted('cardinal_messages_refused_total', { reason: 'body_too_slow' }), 1);
});

test('a client that waits for 100 Continue is not slow', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { minBodyRate: 1000, minBodyGraceMs: 50 },
    plugin: {
      async access() {
        for (let i = 0; i < 4; i++) await sleep(80);
      },
    },
  });
  const client = await connect(t, gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  assert.equal((await client.response('POST')).status, 100);
  client.send('ok');
  assert.equal((await client.response('POST')).status, 200);
});

test('the upstream can shorten how long its connection is kept', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () => 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  await ask(t, gateway.port, GET);
  await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
});

test('connections to the upstream are let go after their time and their number of requests', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    settings: { upstreamKeepaliveIdleTimeoutMs: 50, upstreamKeepaliveMaxRequests: 2 },
  });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 3; i++) {
    client.send(GET);
    await client.response();
  }
  assert.deepEqual(
    upstream.peers.map((peer) => peer.requests),
    [2, 1],
  );
  await upstream.until('end of the connections', () =>
    upstream.peers.every((peer) => peer.closed) ? true : undefined,
  );
});
