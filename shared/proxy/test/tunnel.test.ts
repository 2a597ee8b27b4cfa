/** WebSocket upgrades and the tunnel behind them (RFC 6455 4, RFC 9110 7.8). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startGateway } from './harness/gateway.ts';
import { ask, connect } from './harness/raw-client.ts';
import { startUpstream, type UpstreamPeer, type UpstreamScript } from './harness/raw-upstream.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const handshake = (
  changes: Readonly<Record<string, string | undefined>> = {},
  method = 'GET',
  version = '1.1',
): string => {
  const lines: Record<string, string | undefined> = {
    Host: 'a',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  return `${method} /ws HTTP/${version}\r\n${Object.entries(lines)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
};
const switching = (accept = ACCEPT, upgrade = 'websocket'): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${upgrade}\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Extra: 1\r\n\r\n`;

/** Answers the handshake and gives everything behind it to `onFrames`. */
function webSocket(
  onFrames: (octets: string, peer: UpstreamPeer) => void,
  answer = switching(),
): UpstreamScript {
  const heads = new WeakMap<UpstreamPeer, string>();
  return {
    onData(octets, peer) {
      const head = heads.get(peer);
      const text = octets.toString('latin1');
      if (head?.endsWith('\r\n\r\n')) {
        onFrames(text, peer);
        return;
      }
      const all = (head ?? '') + text;
      const end = all.indexOf('\r\n\r\n');
      peer.received = Buffer.from(all, 'latin1');
      if (end < 0) {
        heads.set(peer, all);
        return;
      }
      heads.set(peer, all.slice(0, end + 4));
      peer.send(answer);
      if (all.length > end + 4) onFrames(all.slice(end + 4), peer);
    },
  };
}

test('octets pass both ways untouched', async (t) => {
  const upstream = await startUpstream(
    t,
    webSocket((octets, peer) => peer.send(`<${octets}>`)),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  const response = await client.response();
  assert.equal(response.startLine, 'HTTP/1.1 101 Switching Protocols');
  assert.equal(response.one('connection'), 'Upgrade');
  assert.equal(response.one('upgrade'), 'websocket');
  assert.equal(response.one('sec-websocket-accept'), ACCEPT);
  assert.equal(response.one('x-extra'), '1');
  const head = upstream.peers[0]!.received.toString('latin1');
  assert.match(head, /\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n/);
  assert.ok(head.includes(`\r\nSec-WebSocket-Key: ${KEY}\r\n`));
  client.send('\x81\x05hello\0\xff');
  await client.until('echo', () => (client.unread.length >= 11 ? true : undefined));
  assert.equal(client.unread.toString('latin1'), '<\x81\x05hello\0\xff>');
});

test('octets that come with a head belong to the tunnel, on both sides', async (t) => {
  let first = '';
  const upstream = await startUpstream(
    t,
    webSocket((octets) => {
      first += octets;
    }, `${switching()}early`),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(`${handshake()}GET /not-a-request HTTP/1.1\r\n\r\n`);
  assert.equal((await client.response()).status, 101);
  await client.until('early octets', () => (client.unread.length === 5 ? true : undefined));
  assert.equal(client.unread.toString(), 'early');
  await upstream.until('frames', () => (first.length >= 31 ? true : undefined));
  assert.equal(first, 'GET /not-a-request HTTP/1.1\r\n\r\n');
});

for (const [name, octets, status] of [
  ['POST', handshake({}, 'POST'), 400],
  ['HTTP/1.0', handshake({}, 'GET', '1.0'), 400],
  ['no key', handshake({ 'Sec-WebSocket-Key': undefined }), 400],
  ['a key of the wrong length', handshake({ 'Sec-WebSocket-Key': 'YWJj' }), 400],
  ['a key that is no base64', handshake({ 'Sec-WebSocket-Key': `${'!'.repeat(22)}==` }), 400],
  ['a key whose last bits are not zero', handshake({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' }), 400],
  ['no version', handshake({ 'Sec-WebSocket-Version': undefined }), 426],
  ['another version', handshake({ 'Sec-WebSocket-Version': '8' }), 426],
  ['a body with a length', `${handshake({ 'Content-Length': '5' })}hello`, 400],
  ['a body in chunks', `${handshake({ 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`, 400],
] as const) {
  test(`a handshake with ${name} is refused`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port });
    const response = await ask(t, gateway.port, octets);
    assert.equal(response.status, status);
    if (status === 426) assert.equal(response.one('sec-websocket-version'), '13');
    assert.equal(upstream.text, '');
  });
}

for (const [name, changes] of [
  ['h2c', { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }],
  ['without Connection: upgrade', { Connection: 'keep-alive' }],
  ['two protocols', { Upgrade: 'websocket, h2c' }],
] as const) {
  test(`an upgrade that is not offered is stripped: ${name}`, async (t) => {
    const upstream = await startUpstream(t);
    const gateway = await startGateway(t, { upstream: upstream.port });
    const response = await ask(t, gateway.port, handshake(changes));
    assert.equal(response.status, 200);
    assert.equal(upstream.requests[0]!.one('connection'), 'keep-alive');
    assert.equal(upstream.requests[0]!.one('upgrade'), undefined);
  });
}

for (const [name, answer] of [
  ['another accept', switching('AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
  ['another protocol', switching(ACCEPT, 'h2c')],
  ['no accept', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  [
    'no Upgrade',
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
  ],
] as const) {
  test(`a 101 with ${name}: 502`, async (t) => {
    const upstream = await startUpstream(t, { onRequest: () => answer });
    const gateway = await startGateway(t, { upstream: upstream.port });
    assert.equal((await ask(t, gateway.port, handshake())).status, 502);
    await upstream.until('end of the connection', () => (upstream.peers[0]!.closed ? true : undefined));
  });
}

test('any other status is an ordinary response', async (t) => {
  const upstream = await startUpstream(t, {
    onRequest: () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno',
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  for (let i = 0; i < 2; i++) {
    client.send(handshake());
    const response = await client.response();
    assert.equal(response.status, 403);
    assert.equal(response.body.toString(), 'no');
  }
});

test('access plugins run before the upgrade', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startGateway(t, {
    upstream: upstream.port,
    plugin: { access: (e) => e.fail(401, 'Unauthorized') },
  });
  assert.equal((await ask(t, gateway.port, handshake())).status, 401);
  assert.equal(upstream.text, '');
});

test('when one side goes, the other goes', async (t) => {
  const upstream = await startUpstream(
    t,
    webSocket(() => {}),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const open = async () => {
    const client = await connect(t, gateway.port);
    client.send(handshake());
    assert.equal((await client.response()).status, 101);
    return { client, peer: upstream.peers.at(-1)! };
  };
  const one = await open();
  one.client.reset();
  await upstream.until('end of the connection', () => (one.peer.ended || one.peer.closed ? true : undefined));
  const two = await open();
  two.client.socket.end();
  await upstream.until('end of the client', () => (two.peer.ended || two.peer.closed ? true : undefined));
  two.peer.end();
  await two.client.closed();
  const three = await open();
  three.peer.send('last words').end();
  assert.equal(await three.client.closed(), 'last words');
  const four = await open();
  four.peer.reset();
  await four.client.closed();
  await upstream.until('end', () => (gateway.engine.status().requestsActive === 0 ? true : undefined));
});

test('each side may end before the other: what comes the other way still arrives', async (t) => {
  let received = '';
  const upstream = await startUpstream(
    t,
    webSocket((octets) => {
      received += octets;
    }),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  for (const first of ['upstream', 'client']) {
    received = '';
    const client = await connect(t, gateway.port);
    client.socket.allowHalfOpen = true;
    client.send(handshake());
    assert.equal((await client.response()).status, 101);
    const peer = upstream.peers.at(-1)!;
    if (first === 'client') {
      client.socket.end();
      await upstream.until('end of the client', () => (peer.ended ? true : undefined));
      assert.equal(client.ended, false);
      peer.send('last words').end();
      assert.equal(await client.closed(), 'last words');
    } else {
      peer.end();
      await client.until('end of the upstream', () => (client.ended ? true : undefined));
      client.send('last words');
      client.socket.end();
      await upstream.until('last words', () => (received === 'last words' ? true : undefined));
      await upstream.until('end of the client', () => (peer.ended ? true : undefined));
    }
  }
  await upstream.until('end', () => (gateway.engine.status().requestsActive === 0 ? true : undefined));
});

/** Unmasks what a client has said: one frame with a short payload. */
function unmasked(frame: Buffer): number[] {
  return [...frame.subarray(6)].map((octet, i) => octet ^ frame[2 + (i % 4)]!);
}

test('a drain tells both sides of a tunnel with 1001, and ends', async (t) => {
  let received = Buffer.alloc(0);
  const upstream = await startUpstream(
    t,
    webSocket((octets) => {
      received = Buffer.concat([received, Buffer.from(octets, 'latin1')]);
    }),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  assert.equal((await client.response()).status, 101);
  upstream.peers[0]!.send('\x81\x02hi');
  await client.until('a frame', () => (client.unread.length === 4 ? true : undefined));
  const drained = gateway.engine.drain(5000);
  assert.equal(await client.closed(), '\x81\x02hi\x88\x02\x03\xe9');
  await upstream.until('end of the tunnel', () => (upstream.peers[0]!.ended ? true : undefined));
  assert.deepEqual([...received.subarray(0, 2)], [0x88, 0x82]);
  assert.deepEqual(unmasked(received), [0x03, 0xe9]);
  upstream.peers[0]!.end();
  assert.deepEqual(await drained, { cut: 0 });
});

test('a drain waits for the end of a frame before it says so, and passes nothing behind it', async (t) => {
  let received = '';
  const upstream = await startUpstream(
    t,
    webSocket((octets) => {
      received += octets;
    }),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  assert.equal((await client.response()).status, 101);
  const peer = upstream.peers[0]!;
  peer.send('\x82\x7e\x01\x00half');
  client.send('\x81\x85mask12');
  await client.until('half a frame', () => (client.unread.length === 8 ? true : undefined));
  await upstream.until('half a frame', () => (received.length === 8 ? true : undefined));
  const drained = gateway.engine.drain(5000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(client.unread.length, 8);
  assert.equal(received.length, 8);
  client.send('345\x81\x80mask');
  peer.send(`${'x'.repeat(252)}\x81\x01!`);
  assert.equal(await client.closed(), `\x82\x7e\x01\x00half${'x'.repeat(252)}\x88\x02\x03\xe9`);
  await upstream.until('end of the tunnel', () => (peer.ended ? true : undefined));
  assert.equal(received.slice(0, 11), '\x81\x85mask12345');
  assert.equal(received.length, 11 + 8);
  assert.equal(received.slice(11, 13), '\x88\x82');
  peer.end();
  assert.deepEqual(await drained, { cut: 0 });
});

test('a tunnel whose frame never ends is cut when the time of a drain has passed', async (t) => {
  const upstream = await startUpstream(
    t,
    webSocket(() => {}),
  );
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  assert.equal((await client.response()).status, 101);
  upstream.peers[0]!.send('\x81\x05he');
  await client.until('half a frame', () => (client.unread.length === 4 ? true : undefined));
  assert.deepEqual(await gateway.engine.drain(50), { cut: 1 });
  assert.equal(await client.closed(), '\x81\x05he');
});

test('a tunnel in which nothing moves ends', async (t) => {
  const upstream = await startUpstream(
    t,
    webSocket(() => {}),
  );
  const gateway = await startGateway(t, { upstream: upstream.port, service: { read_timeout: 80 } });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  assert.equal((await client.response()).status, 101);
  await client.closed();
  await upstream.until('end of the connection', () => (upstream.peers[0]!.ended ? true : undefined));
});

test('a tunnel is bounded both ways', async (t) => {
  const size = 6 * 1024 * 1024;
  let received = 0;
  const upstream = await startUpstream(t, {
    ...webSocket((octets, peer) => {
      received += octets.length;
      if (received === octets.length) peer.socket.pause();
    }),
  });
  const gateway = await startGateway(t, { upstream: upstream.port });
  const client = await connect(t, gateway.port);
  client.send(handshake());
  assert.equal((await client.response()).status, 101);
  const peer = upstream.peers[0]!;
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  client.send(Buffer.alloc(size));
  peer.send(Buffer.alloc(size));
  await new Promise((resolve) => setTimeout(resolve, 60));
  // Both senders' own buffers are in this process too: twice the size, and what is under way.
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 2 * size + 12 * 1024 * 1024, `${held} octets`);
  client.socket.resume();
  peer.socket.resume();
  await client.until('everything', () => (client.unread.length === size ? true : undefined));
  await upstream.until('everything', () => (received === size ? true : undefined));
});
