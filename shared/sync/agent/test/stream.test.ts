import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FakeClock, settle } from '../../../upstream/test/fake-clock.ts';
import { encodeFrame, FrameDecoder } from '../../frames.ts';
import { type ControlPlaneFrame, DEAD_AFTER_MS, PING_INTERVAL_MS } from '../../protocol.ts';
import type { AgentClock } from '../contract.ts';
import { Stream } from '../stream.ts';

function open(frame: (frame: ControlPlaneFrame) => Promise<void> | void = () => {}) {
  const [ours, theirs] = duplexPair();
  const clock = new FakeClock();
  const reasons: string[] = [];
  let heard = 0;
  const sent: unknown[] = [];
  const decoder = new FrameDecoder();
  theirs.on('data', (piece: Buffer) => sent.push(...decoder.push(piece)));
  theirs.on('error', () => {});
  const stream = new Stream(
    ours,
    Buffer.alloc(0),
    { frame, heard: () => heard++, closed: (reason) => reasons.push(reason) },
    Object.assign(clock, { wallNow: () => 0 }) as AgentClock,
  );
  return { stream, theirs, clock, reasons, sent, heard: () => heard };
}

test('a ping every 15 s while the other side answers', async () => {
  const { theirs, clock, sent, reasons, stream } = open();
  for (let i = 0; i < 6; i++) {
    await clock.advance(PING_INTERVAL_MS);
    theirs.write(encodeFrame({ type: 'pong' }));
    await settle();
  }
  assert.deepEqual(sent, Array(6).fill({ type: 'ping' }));
  assert.deepEqual(reasons, []);
  stream.close('enough');
  stream.close('twice');
  assert.deepEqual(reasons, ['enough']);
  assert.equal(clock.timers, 0);
});

test('nothing heard for 45 s: over', async () => {
  const { clock, reasons } = open();
  await clock.advance(DEAD_AFTER_MS - 1);
  assert.deepEqual(reasons, []);
  await clock.advance(1);
  assert.deepEqual(reasons, ['nothing was heard for 45 s']);
  assert.equal(clock.timers, 0);
});

test('one frame at a time: the socket waits, pings go on, and it is not dead meanwhile', async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const { theirs, clock, reasons, sent } = open(async (frame) => {
    seen.push(frame.type);
    if (frame.type === 'end') await gate.promise;
  });
  theirs.write(Buffer.concat([encodeFrame({ type: 'end' }), encodeFrame({ type: 'pong' })]));
  await settle();
  assert.deepEqual(seen, ['end']);
  await clock.advance(2 * DEAD_AFTER_MS);
  assert.deepEqual(reasons, []);
  assert.equal(sent.length, 6);
  gate.resolve();
  await settle();
  assert.deepEqual(seen, ['end', 'pong']);
});

test('a frame that is none, or that its reader throws at, ends it with the reason', async () => {
  const bad = open();
  bad.theirs.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await settle();
  assert.match(bad.reasons[0] ?? '', /larger than/);
  const thrown = open(() => {
    throw new Error('not expected');
  });
  thrown.theirs.write(encodeFrame({ type: 'end' }));
  await settle();
  assert.deepEqual(thrown.reasons, ['not expected']);
});

test('a peer that takes nothing is hung up on instead of being written to without end', async () => {
  const { stream, theirs, reasons } = open();
  theirs.removeAllListeners('data');
  theirs.pause();
  const error = 'x'.repeat(4000);
  for (let i = 0; i < 1000 && reasons.length === 0; i++)
    stream.send({ type: 'nack', generation: 1, digest: 'a'.repeat(64), resource: 'r', error });
  assert.deepEqual(reasons, ['the control plane takes nothing']);
});
