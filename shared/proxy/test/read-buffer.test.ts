/** Sockets share the memory they read into; octets that are still being written must not change under it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { connect } from './harness/raw-client.ts';
import { startUpstream } from './harness/raw-upstream.ts';

const SIZE = 6 * 1024 * 1024;

/** The first octet that is not `expected`, -1 when there is none. */
function stranger(octets: Buffer, expected: number): number {
  return octets.findIndex((octet) => octet !== expected);
}

test('responses for slow clients keep their octets while other connections read', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: ({ target }, peer) => {
      const fill = target.charCodeAt(1);
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`).send(Buffer.alloc(SIZE, fill));
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const names = ['a', 'b', 'c', 'd'];
  const clients = await Promise.all(names.map(() => connect(t, gateway.port)));
  // All at once, each client reading in bites: every connection has octets waiting while the others read.
  const bites = clients.map((client) => {
    client.socket.pause();
    return setInterval(() => {
      client.socket.resume();
      setImmediate(() => client.socket.pause());
    }, 1);
  });
  for (const [i, client] of clients.entries()) client.send(`GET /${names[i]} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 80));
  for (const bite of bites) clearInterval(bite);
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (const client of clients) client.socket.resume();
  for (let i = 0; i < clients.length; i++) {
    const { body } = await clients[i]!.response();
    assert.equal(body.length, SIZE);
    assert.equal(stranger(body, names[i]!.charCodeAt(0)), -1, `response ${names[i]}`);
  }
});

for (const chunked of [false, true]) {
  test(`large and small responses in turns, ${chunked ? 'in chunks' : 'with a length'}, for a client that stops now and then`, async (t) => {
    const upstream = await startUpstream(t, {
      onRequest: ({ target }, peer) => {
        const size = Number(target.slice(1));
        const body = Buffer.alloc(size, size % 251);
        if (!chunked) peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`).send(body);
        else {
          peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          for (let at = 0; at < size; at += 50_000) {
            const piece = body.subarray(at, at + 50_000);
            peer
              .send(`${piece.length.toString(16)}\r\n`)
              .send(piece)
              .send('\r\n');
          }
          peer.send('0\r\n\r\n');
        }
        return undefined;
      },
    });
    const gateway = await startGateway(t, { upstream: upstream.port });
    const clients = [await connect(t, gateway.port), await connect(t, gateway.port)];
    for (const sizes of [
      [3_000_001, 10],
      [20, 2_000_003],
      [4_000_007, 300_005],
      [30, 70_001],
    ]) {
      for (const [i, client] of clients.entries()) {
        client.send(`GET /${sizes[i]} HTTP/1.1\r\nHost: a\r\n\r\n`);
        client.socket.pause();
        setTimeout(() => client.socket.resume(), 10 * (i + 1));
      }
      for (const [i, client] of clients.entries()) {
        const { body } = await client.response();
        assert.equal(body.length, sizes[i]);
        assert.equal(stranger(body, sizes[i]! % 251), -1, String(sizes[i]));
      }
    }
    assert.ok(upstream.peers.length <= 2, 'connections are used again');
  });
}

test('pieces of a large response that wait for their turn keep their octets', async (t) => {
  const piece = 20_000;
  const pieces = 700;
  const upstream = await startUpstream(t, {
    onRequest: (_, peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${piece * pieces}\r\n\r\n`);
      let at = 0;
      // One by one, so that each is a read of its own that does not stop the one behind it.
      const next = (): void => {
        if (peer.closed || at === pieces) return;
        const more = peer.socket.write(Buffer.alloc(piece, at++ % 251));
        if (more) setImmediate(next);
        else peer.socket.once('drain', next);
      };
      next();
      return undefined;
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 80));
  client.socket.resume();
  const { body } = await client.response();
  assert.equal(body.length, piece * pieces);
  for (let i = 0; i < pieces; i++)
    assert.equal(stranger(body.subarray(i * piece, (i + 1) * piece), i % 251), -1, `piece ${i}`);
});

test('request bodies for a slow upstream keep their octets while other connections read', async (t) => {
  const bodies = new Map<number, { octets: number; wrong: number }>();
  const upstream = await startUpstream(t, {
    onConnection: (peer) => {
      peer.socket.pause();
      const bite = setInterval(() => {
        peer.socket.resume();
        setImmediate(() => peer.socket.pause());
      }, 1);
      setTimeout(() => {
        clearInterval(bite);
        setImmediate(() => peer.socket.resume());
      }, 80);
    },
    onData: (octets, peer) => {
      let rest = octets;
      if (peer.taken === 0) {
        const end = octets.indexOf('\r\n\r\n');
        peer.taken = octets[6]!;
        rest = octets.subarray(end + 4);
        bodies.set(peer.taken, { octets: 0, wrong: 0 });
      }
      const body = bodies.get(peer.taken)!;
      body.octets += rest.length;
      if (stranger(rest, peer.taken) >= 0) body.wrong++;
      if (body.octets === SIZE) peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    },
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const names = ['a', 'b', 'c', 'd'];
  const clients = await Promise.all(names.map(() => connect(t, gateway.port)));
  clients.forEach((client, i) => {
    client.send(`POST /${names[i]} HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
    client.send(Buffer.alloc(SIZE, names[i]));
  });
  for (const client of clients) assert.equal((await client.response('POST')).status, 200);
  for (const name of names)
    assert.deepEqual(bodies.get(name.charCodeAt(0)), { octets: SIZE, wrong: 0 }, name);
});
