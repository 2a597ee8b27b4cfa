/** Bodies stream: bounded memory with slow readers and writers, both ways, whatever the framing. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startGateway, type TestGateway } from './harness/gateway.ts';
import { readResponse } from './harness/messages.ts';
import { connect, type RawClient } from './harness/raw-client.ts';
import { OK, startUpstream } from './harness/raw-upstream.ts';

const BODY_BYTES = 50 * 1024 * 1024;
/** Socket buffers of the kernel on both sides, a few reads, and the collector's mood. */
const SLACK_BYTES = 24 * 1024 * 1024;

/** Deterministic octets that are not the same anywhere near each other. */
const PIECE = Buffer.alloc(1024 * 1024 + 7);
for (let i = 0; i < PIECE.length; i++) PIECE[i] = (i * 2654435761) >>> 24;

function digestOfBody(): string {
  const hash = createHash('sha256');
  for (let left = BODY_BYTES; left > 0; left -= PIECE.length)
    hash.update(PIECE.subarray(0, Math.min(left, PIECE.length)));
  return hash.digest('hex');
}

/** Writes the body as fast as the socket takes it. Resolves when all has been handed over. */
function pump(socket: NodeJS.WritableStream, frame: (piece: Buffer) => Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    let left = BODY_BYTES;
    const more = (): void => {
      while (left > 0) {
        const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
        left -= piece.length;
        let flowing = true;
        for (const part of frame(piece)) flowing = socket.write(part);
        if (!flowing && left > 0) {
          socket.once('drain', more);
          return;
        }
      }
      resolve();
    };
    more();
  });
}

const raw = (piece: Buffer): Buffer[] => [piece];
const chunk = (piece: Buffer): Buffer[] => [
  Buffer.from(`${piece.length.toString(16)}\r\n`),
  piece,
  Buffer.from('\r\n'),
];

/** What buffers of this process hold beyond what they held at first. */
function held(): () => number {
  const before = process.memoryUsage();
  return () => {
    const now = process.memoryUsage();
    return now.arrayBuffers - before.arrayBuffers + (now.heapUsed - before.heapUsed);
  };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function slowReader(client: RawClient, gateway: TestGateway): Promise<void> {
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  while (gateway.engine.status().requestsTotal === 0) await later(1);
  await later(100);
}

for (const [name, head, frame, last] of [
  ['with a length', `Content-Length: ${BODY_BYTES}`, raw, ''],
  ['in chunks', 'Transfer-Encoding: chunked', chunk, '0\r\n\r\n'],
] as const) {
  test(`a response of 50 MB ${name} to a slow reader`, async (t) => {
    let sent: Promise<void> | undefined;
    const upstream = await startUpstream(t, {
      onRequest: (_, peer) => {
        peer.send(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
        sent = pump(peer.socket, frame).then(() => void (last !== '' && peer.send(last)));
        return undefined;
      },
    });
    const gateway = await startGateway(t, { upstream: upstream.port });
    const client = await connect(t, gateway.port);
    const memory = held();
    await slowReader(client, gateway);
    assert.ok(memory() < SLACK_BYTES, `${memory()} octets held while the client does not read`);
    // Now it reads, and everything arrives.
    const pieces: Buffer[] = [];
    let bytes = 0;
    const done = new Promise<void>((resolve) => {
      client.socket.removeAllListeners('data');
      client.socket.on('data', (octets: Buffer) => {
        pieces.push(octets);
        bytes += octets.length;
        if (bytes > BODY_BYTES && (last === '' || octets.subarray(-5).toString('latin1').endsWith('\n'))) {
          if (readResponse(Buffer.concat(pieces), 0, 'GET', false) !== undefined) resolve();
        }
      });
    });
    client.socket.resume();
    await done;
    await sent;
    const { response } = readResponse(Buffer.concat(pieces), 0, 'GET', false)!;
    assert.equal(response.body.length, BODY_BYTES);
    assert.equal(createHash('sha256').update(response.body).digest('hex'), digestOfBody());
  });

  test(`a request of 50 MB ${name} to a slow upstream`, async (t) => {
    const hash = createHash('sha256');
    let received = 0;
    let open = false;
    let headEnd = -1;
    let seen = Buffer.alloc(0);
    const upstream = await startUpstream(t, {
      onConnection: (peer) => void peer.socket.pause(),
      onData: (octets, peer) => {
        let rest = octets;
        if (headEnd < 0) {
          seen = Buffer.concat([seen, rest]);
          headEnd = seen.indexOf('\r\n\r\n');
          if (headEnd < 0) return;
          rest = seen.subarray(headEnd + 4);
        }
        received += rest.length;
        if (last === '') hash.update(rest);
        const complete =
          last === '' ? received === BODY_BYTES : rest.subarray(-7).toString('latin1').endsWith('0\r\n\r\n');
        if (complete) {
          open = true;
          peer.send(OK);
        }
      },
    });
    const gateway = await startGateway(t, { upstream: upstream.port });
    const client = await connect(t, gateway.port);
    const memory = held();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`);
    const sent = pump(client.socket, frame).then(() => void (last !== '' && client.send(last)));
    await later(100);
    assert.ok(memory() < SLACK_BYTES, `${memory()} octets held while the upstream does not read`);
    assert.ok(!open);
    upstream.peers[0]!.socket.resume();
    await sent;
    assert.equal((await client.response('POST')).status, 200);
    if (last === '') assert.equal(hash.digest('hex'), digestOfBody());
    else assert.ok(received > BODY_BYTES);
  });
}

test('a connection that a slow client has paused serves the next exchange', async (t) => {
  // Larger than what the sockets hold: the last piece finds the client blocked.
  const size = 8 * 1024 * 1024;
  const upstream = await startUpstream(t, {
    onRequest: ({ target }, peer) => {
      if (target === '/small') return OK;
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`).send(Buffer.alloc(size));
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port, service: { read_timeout: 1000 } });
  const slow = await connect(t, gateway.port);
  slow.socket.pause();
  slow.send('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
  await later(50);
  // Read in small bites, so that the gateway is blocked again and again, at the last octet too.
  for (let i = 0; i < 20; i++) {
    slow.socket.resume();
    await later(1);
    slow.socket.pause();
    await later(2);
  }
  slow.socket.resume();
  assert.equal((await slow.response()).body.length, size);
  slow.send('GET /small HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await slow.response()).body.toString(), 'ok');
  assert.equal(upstream.peers.length, 1);
});

test('ten thousand chunks of one octet go to the upstream as few', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`,
  );
  assert.equal((await client.response('POST')).status, 200);
  const [request] = upstream.requests;
  assert.equal(request!.body.length, 10_000);
  assert.ok(request!.raw.length < 11_000, `${request!.raw.length} octets`);
});

test('a plugin can read a body of many tiny pieces and replace it', async (t) => {
  const upstream = await startUpstream(t);
  let read = 0;
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: {
      async access(exchange) {
        const body = await exchange.request.readBody(100_000);
        read = body!.length;
        exchange.request.replaceBody(Buffer.from('instead'));
      },
    },
  });
  const client = await connect(t, gateway.port);
  client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`,
  );
  assert.equal((await client.response('POST')).status, 200);
  assert.equal(read, 20_000);
  assert.equal(upstream.requests[0]!.body.toString(), 'instead');
  assert.equal(upstream.requests[0]!.one('content-length'), '7');
});

test('a response that a plugin holds up: all framings arrive whole', async (t) => {
  let answer = '';
  const upstream = await startUpstream(t, { onRequest: () => answer });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    service: { read_timeout: 1000 },
    plugin: { response: () => later(5) },
  });
  const client = await connect(t, gateway.port);
  for (const [octets, body] of [
    ['HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', ''],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n', 'ok'],
  ] as const) {
    answer = octets;
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).body.toString(), body, octets);
  }
  assert.equal(upstream.peers.length, 1);
});

test('a body transform has no say about a response without a body', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: ({ method }) => (method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : OK),
  });
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: { responseBody: (_, piece, last) => (last ? Buffer.concat([piece, Buffer.from('!')]) : piece) },
  });
  const client = await connect(t, gateway.port);
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response('HEAD')).status, 200);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body.toString(), 'ok!');
});
