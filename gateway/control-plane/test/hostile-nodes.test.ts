/** Peers that break the protocol, are slow, or lie: their connection ends, with a reason in the log, and nothing else. */
import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { encodeFrame } from '../../../shared/sync/frames.ts';
import type { DataPlaneFrame } from '../../../shared/sync/protocol.ts';
import { Random } from '../../../shared/test/random.ts';
import { FakeClock } from '../../../shared/upstream/test/fake-clock.ts';
import { nodeId, PLUGIN_VERSIONS, type Running, SHOP, start } from './running.ts';
import { ask, TestNode } from './test-node.ts';

const DIGEST = 'ab'.repeat(32);

function lengthOf(octets: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(octets);
  return bytes;
}

function saidWhy(running: Running, reason: RegExp): boolean {
  return running.log.some((line) => line.includes('a data plane has gone') && reason.test(line));
}

test('what is no frame of the protocol ends the connection', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const json = (text: string): Buffer =>
    Buffer.concat([lengthOf(Buffer.byteLength(text)), Buffer.from(text)]);
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [lengthOf(0xffffffff), /larger than/],
    [lengthOf(600 * 1024), /larger than/],
    [lengthOf(0), /empty frame/],
    [json('{"type":'), /not JSON/],
    [json('{"type":"begin"}'), /unknown type/],
    [json('[]'), /not an object/],
    [json('{"type":"hello"}'), /not the id of a node/],
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /larger than/],
  ];
  for (const [octets, reason] of cases) {
    running.log.length = 0;
    await node.open();
    node.socket?.write(octets);
    await node.untilClosed();
    assert.ok(saidWhy(running, reason), `${reason}: ${running.log.join('')}`);
  }
});

test('frames in a wrong order end the connection', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const hello = node.hello();
  const cases: readonly (readonly [readonly DataPlaneFrame[], RegExp])[] = [
    [[{ type: 'ping' }], /ping before hello/],
    [[{ type: 'ack', generation: 2, digest: DIGEST }], /ack before hello/],
    [[hello, hello], /second hello/],
    [[hello, { type: 'ack', generation: 2, digest: DIGEST }], /not sent/],
    [[hello, { type: 'nack', generation: 7, digest: DIGEST, resource: 'x', error: 'y' }], /not sent/],
    [[{ ...hello, node: nodeId() }], /certificate/],
    [[{ ...hello, role: 'gateway' }], /certificate/],
    [[{ ...hello, subscription: { service: 'users', calls: [] } }], /certificate/],
    [[{ ...hello, subscription: { service: null, calls: ['*'] } }], /certificate/],
  ];
  for (const [frames, reason] of cases) {
    running.log.length = 0;
    await node.open();
    node.answers = false;
    for (const frame of frames) node.send(frame);
    await node.untilClosed();
    assert.ok(saidWhy(running, reason), `${reason}: ${running.log.join('')}`);
  }
});

test('a flood of frames ends the connection', async (t) => {
  const running = await start(t);
  const node = await running.node({ node: nodeId(), role: 'gateway' });
  await node.connect();
  node.socket?.write(Buffer.concat(Array.from({ length: 500 }, () => encodeFrame({ type: 'ping' }))));
  await node.untilClosed();
  assert.ok(saidWhy(running, /too many frames/));
});

test('random octets never do more than end their own connection', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const good = await running.node({ node: nodeId(), service: 'orders' });
  await good.connect();
  await good.untilGeneration(2);
  const bad = await running.node({ node: nodeId(), service: 'orders' });
  const random = new Random(5);
  const hello = encodeFrame(bad.hello());
  for (let round = 0; round < 40; round++) {
    await bad.open();
    const octets = Buffer.from(random.chance(0.5) ? hello : Buffer.alloc(200, 0x7b));
    for (let i = 0; i < 5; i++) octets[random.below(octets.length)] = random.below(256);
    bad.socket?.end(octets);
    await bad.untilClosed();
  }
  good.send({ type: 'ping' });
  await good.until(() => good.count('pong') === 1);
});

test('who says nothing, falls silent or does not answer is given up', async (t) => {
  const clock = new FakeClock();
  const running = await start(t, { clock, yaml: SHOP });
  const silent = await running.node({ node: nodeId(), service: 'orders' });
  const dead = await running.node({ node: nodeId(), service: 'orders' });
  const mute = await running.node({ node: nodeId(), service: 'orders' });
  await silent.open();
  // A hello that never ends.
  silent.socket?.write(encodeFrame(silent.hello()).subarray(0, 50));
  mute.answers = false;
  await Promise.all([dead.connect(), mute.connect()]);
  await Promise.all([dead.untilGeneration(2), mute.untilGeneration(2)]);
  await clock.advance(12_000);
  await silent.untilClosed();
  assert.ok(saidWhy(running, /no hello/));
  for (let second = 0; second < 34; second += 2) {
    mute.send({ type: 'ping' });
    const pongs = mute.count('pong');
    await mute.until(() => mute.count('pong') > pongs);
    await clock.advance(2_000);
  }
  await dead.untilClosed();
  assert.ok(saidWhy(running, /nothing was heard/));
  for (let second = 0; second < 20 && !mute.closed; second += 2) {
    mute.send({ type: 'ping' });
    await clock.advance(2_000);
  }
  await mute.untilClosed();
  assert.ok(saidWhy(running, /neither takes nor answers/));
  const closing = running.controlPlane.close();
  await clock.advance(2_000);
  await closing;
});

test('a peer that does not read is not written to without end', async (t) => {
  const services = Array.from(
    { length: 3000 },
    (_, i) => `  - { name: s${i}, url: "http://${'x'.repeat(200)}.test", tags: ["${'t'.repeat(400)}"] }`,
  );
  const running = await start(t, { yaml: `services:\n${services.join('\n')}` });
  const gateway = await running.node({ node: nodeId(), role: 'gateway' });
  assert.equal(await gateway.open(), 101);
  gateway.socket?.pause();
  gateway.send(gateway.hello());
  const quick = await running.node({ node: nodeId(), role: 'gateway' });
  await quick.connect();
  // Whoever reads is not held up by who does not.
  await quick.untilGeneration(2);
  assert.equal(quick.configuration().services.length, 3000);
  gateway.socket?.resume();
  await gateway.untilGeneration(2);
  assert.ok(gateway.count('part') > 3);
});

test('connections that are no TLS, or too many headers, end', async (t) => {
  const { port } = await start(t);
  await new Promise<void>((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port }, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  const { status } = await ask(port, 'POST', '/v1/join', {}, { headers: { 'X-Large': 'x'.repeat(10_000) } });
  assert.equal(status, 431);
});

test('of two connections with one identity the newer one stays', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const first = await running.node({ node: nodeId(), service: 'orders' });
  const second = new TestNode({ ...first.options, plugins: PLUGIN_VERSIONS });
  t.after(() => second.close());
  second.identity = first.identity;
  Object.defineProperty(second, 'credentials', { value: first.credentials });
  await first.connect();
  await first.untilGeneration(2);
  await second.connect();
  await second.untilGeneration(2);
  await first.untilClosed();
  assert.equal(second.closed, false);
  assert.equal(running.controlPlane.connected, 1);
});
