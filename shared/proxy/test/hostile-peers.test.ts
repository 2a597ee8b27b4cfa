/** Peers that mean harm: nothing grows with their patience, nothing they do ends the process. */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { Random } from '../../http/fuzz/random.ts';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { OK, startUpstream } from './harness/raw-upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

async function quiet(gateway: TestGateway): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const { requestsActive, connectionsActive } = gateway.engine.status();
    if (requestsActive === 0 && connectionsActive === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.deepEqual(gateway.engine.status(), 'nothing active');
}

test('a thousand exchanges over one connection leave no listeners behind', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const upstream = await startUpstream(t, { onRequest: () => OK });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 500; i++) {
    client.send(GET + CHUNKED);
    assert.equal((await client.response()).status, 200);
    assert.equal((await client.response()).status, 200);
    upstream.forget();
  }
  // The second of two pipelined requests starts before the connection of the first is back in the pool.
  assert.ok(upstream.peers.length <= 2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

test('resets at random moments, from clients and upstreams, end nothing but themselves', async (t) => {
  const random = new Random(3);
  const upstream = await startUpstream(t, {
    onHead: (peer) => {
      if (random.oneIn(6)) peer.reset();
    },
    onRequest: (_, peer) => {
      switch (random.below(6)) {
        case 0:
          peer.reset();
          return undefined;
        case 1:
          peer.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
          return undefined;
        case 2:
          peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
          setTimeout(() => peer.reset(), random.below(4));
          return undefined;
        case 3:
          setTimeout(() => peer.send(OK), random.below(4));
          return undefined;
        default:
          return OK;
      }
    },
  });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    service: { retries: 1, read_timeout: 500 },
  });
  const one = async (): Promise<void> => {
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', () => {});
    const octets = random.pick([GET, CHUNKED, GET + GET + CHUNKED, `${GET}garbage\r\n\r\n`]);
    socket.write(octets.slice(0, 1 + random.below(octets.length)));
    await new Promise((resolve) => setTimeout(resolve, random.below(6)));
    if (random.oneIn(3)) socket.end();
    else if (random.oneIn(2)) socket.resetAndDestroy();
    else {
      socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, random.below(6)));
    }
    socket.destroy();
  };
  for (let round = 0; round < 15; round++) await Promise.all(Array.from({ length: 20 }, one));
  await quiet(gateway);
  upstream.script = { onRequest: () => OK };
  assert.equal((await ask(t, gateway.port, GET)).status, 200);
});

test('pipelining without reading holds one read, not the flood', async (t) => {
  const upstream = await startUpstream(t, { onRequest: () => undefined });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  const before = process.memoryUsage().arrayBuffers;
  const flood = Buffer.from(GET.repeat(1000));
  // What the kernel does not take stays in this test's own socket: it is counted and taken off.
  for (let i = 0; i < 400; i++) client.send(flood);
  await upstream.request();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const held = process.memoryUsage().arrayBuffers - before - client.socket.writableLength;
  assert.ok(held < 4 * 1024 * 1024, `${held} octets`);
  assert.equal(gateway.engine.status().requestsTotal, 1);
});

test('a head in drips of one octet', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  const head = `GET /dripped HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(90)}\r\n`;
  for (const octet of head) {
    client.send(octet);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.response()).status, 200);
  assert.equal(upstream.requests[0]!.all('x').length, 90);
});

for (const method of ['PUT', 'POST']) {
  test(`a body in thousands of tiny pieces arrives whole, read by a plugin and sent twice (${method})`, async (t) => {
    const upstream = await startUpstream(t, {
      onRequest: (_, peer) => {
        if (upstream.requests.length > 1 || method === 'POST') return OK;
        peer.reset();
        return undefined;
      },
    });
    let read = '';
    const gateway = await startGateway(t, {
      upstream: upstream.port,
      service: { retries: 1 },
      plugin: {
        async access(exchange) {
          if (method === 'POST') read = (await exchange.request.readBody(100_000))!.toString();
        },
      },
    });
    const client = await connect(t, gateway.port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    let body = '';
    for (let i = 0; i < 2000; i++) {
      // Now and then a larger one, so that runs begin and end at many places.
      const piece = i % 301 === 0 ? String(i).repeat(100) : String(i % 10);
      body += piece;
      client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send('0\r\n\r\n');
    assert.equal((await client.response(method)).status, 200);
    for (const request of upstream.requests) assert.equal(request.body.toString(), body);
    assert.equal(upstream.requests.length, method === 'PUT' ? 2 : 1);
    if (method === 'POST') assert.equal(read, body);
  });
}

test('random octets get an answer or an end, and never reach the upstream', async (t) => {
  const random = new Random(11);
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port, settings: { headerTimeoutMs: 100 } });
  await Promise.all(
    Array.from({ length: 60 }, async () => {
      const client = await connect(t, gateway.port);
      const octets = Buffer.alloc(1 + random.below(3000));
      for (let i = 0; i < octets.length; i++) octets[i] = random.below(256);
      client.send(octets);
      await client.closed();
    }),
  );
  assert.equal(upstream.text, '');
  await quiet(gateway);
});
