/** One upstream connection and its pool, without an exchange: pausing, reuse, drips, and letting go. */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ResponseHead } from '../../http/response-head.ts';
import { Deadlines } from '../../proxy/deadlines.ts';
import type { GatewayError } from '../../proxy/errors.ts';
import type { ResponseSink, UpstreamConnection } from '../connection.ts';
import { type Pool, Pools } from '../pool.ts';

const LIMITS = { maxHeadBytes: 4096, maxFields: 20 };
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Notes what it hears. */
class Sink implements ResponseSink {
  readonly heard: string[] = [];
  onHead: ((head: ResponseHead) => void) | undefined;
  onBody: (() => void) | undefined;
  private readonly waiters: { readonly word: string; readonly resolve: () => void }[] = [];

  private hear(word: string): void {
    this.heard.push(word);
    for (const waiter of this.waiters) if (word.startsWith(waiter.word)) waiter.resolve();
  }
  until(word: string): Promise<void> {
    if (this.heard.some((one) => one.startsWith(word))) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${word} in ${this.heard.join(', ')}`)), 3000);
      this.waiters.push({
        word,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }
  onConnected(): void {
    this.hear('connected');
  }
  onInterim(): void {
    this.hear('interim');
  }
  onResponseHead(head: ResponseHead): void {
    this.hear(`head ${head.status}`);
    this.onHead?.(head);
  }
  onResponseBody(octets: Buffer, from: number, to: number): void {
    this.hear(`body ${octets.toString('latin1', from, to)}`);
    this.onBody?.();
  }
  onResponseEnd(): void {
    this.hear('end');
  }
  onReadEnd(): void {}
  onTunnelData(): void {}
  onTunnelEnd(): void {}
  onFailure(_: GatewayError, reason: string): void {
    this.hear(`failure ${reason}`);
  }
  onDrain(): void {}
}

async function setUp(
  t: TestContext,
  answer: (socket: net.Socket, requests: number) => void,
): Promise<{ pools: Pools; pool: Pool; open: () => Promise<UpstreamConnection> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let requests = 0;
    socket.on('data', () => answer(socket, ++requests));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const pools = new Pools({ maxIdle: 10, maxUses: 100, idleTimeoutMs: 60_000 }, LIMITS, new Deadlines());
  t.after(() => pools.close());
  const { port } = server.address() as net.AddressInfo;
  const pool = pools.for({ ip: '127.0.0.1', port, tls: undefined }, 'http');
  return {
    pools,
    pool,
    async open() {
      const connection = pool.connect();
      const sink = new Sink();
      connection.await(sink, 1000);
      await sink.until('connected');
      return connection;
    },
  };
}

function send(connection: UpstreamConnection, method = 'GET'): Sink {
  const sink = new Sink();
  connection.begin(sink, method);
  connection.socket.write(REQUEST);
  connection.requestEnded();
  return sink;
}

test('a connection that was paused at the last piece of a response reads the next one', async (t) => {
  const { pool, open } = await setUp(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  );
  const connection = await open();
  const first = send(connection);
  first.onBody = () => connection.pause();
  await first.until('end');
  assert.equal(pool.take(), connection);
  const second = send(connection);
  await second.until('end');
  assert.deepEqual(second.heard, ['head 200', 'body ok', 'end']);
});

for (const [name, octets] of [
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['length 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
] as const) {
  test(`a response without a body (${name}) that was paused at its head ends when it is resumed`, async (t) => {
    const { open } = await setUp(t, (socket) => socket.write(octets));
    const connection = await open();
    const sink = send(connection);
    sink.onHead = () => {
      connection.pause();
      setImmediate(() => connection.resume());
    };
    await sink.until('end');
  });
}

test('octets that wait in a paused connection are not lost, nor handed over before it is resumed', async (t) => {
  const { open } = await setUp(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
  );
  const connection = await open();
  const sink = send(connection);
  sink.onHead = () => connection.pause();
  await sink.until('head');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(sink.heard, ['head 200']);
  connection.resume();
  await sink.until('end');
  assert.deepEqual(sink.heard, ['head 200', 'body ok', 'end']);
});

test('a head in drips is read, and one over the limit is refused', async (t) => {
  const drip = (socket: net.Socket, octets: string): void => {
    let at = 0;
    const next = (): void => {
      if (at >= octets.length || socket.destroyed) return;
      socket.write(octets.slice(at, at + 7));
      at += 7;
      setImmediate(next);
    };
    next();
  };
  const { open } = await setUp(t, (socket, requests) =>
    drip(
      socket,
      requests === 1
        ? `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(300)}\r\nContent-Length: 2\r\n\r\nok`
        : `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(6000)}`,
    ),
  );
  const connection = await open();
  const first = send(connection);
  await first.until('end');
  const second = send(connection);
  await second.until('failure');
  assert.deepEqual(second.heard, ['failure head_too_large']);
});

test('a pool that was empty for a while is closed with the others', async (t) => {
  const { pools, pool, open } = await setUp(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  );
  const first = await open();
  first.destroy();
  while (pool.size > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(pools.size, 0);
  const second = await open();
  await send(second).until('end');
  assert.equal(pool.idleCount, 1);
  pools.close();
  assert.equal(pool.idleCount, 0);
  assert.equal(second.socket.destroyed, true);
});
