/** Frames survive being cut anywhere, and nothing else than frames gets through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import { encodeFrame, encodeJson, FrameDecoder, FrameError } from '../frames.ts';
import { type DataPlaneFrame, MAX_FRAME_BYTES } from '../protocol.ts';

const PING: DataPlaneFrame = { type: 'ping' };

function lengthOf(octets: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(octets);
  return bytes;
}

test('frames come out as they went in, however the octets are cut', () => {
  const random = new Random(1);
  for (let round = 0; round < 200; round++) {
    const frames = Array.from({ length: 1 + random.below(5) }, (_, i) => ({
      type: 'nack' as const,
      generation: i,
      digest: 'a'.repeat(64),
      resource: 'ü€😀'.repeat(random.below(20)),
      error: 'x'.repeat(random.below(400)),
    }));
    const octets = Buffer.concat(frames.map(encodeFrame));
    const decoder = new FrameDecoder();
    const seen: unknown[] = [];
    for (let at = 0; at < octets.length; ) {
      const size = 1 + random.below(random.chance(0.5) ? 7 : 600);
      seen.push(...decoder.push(octets.subarray(at, at + size)));
      at += size;
    }
    assert.deepEqual(seen, frames);
    assert.equal(decoder.pendingBytes, 0);
  }
});

test('a giant length is refused before anything of it has arrived', () => {
  assert.throws(() => [...new FrameDecoder().push(lengthOf(MAX_FRAME_BYTES + 1))], FrameError);
  assert.throws(() => [...new FrameDecoder().push(lengthOf(0xffffffff))], FrameError);
  assert.throws(() => [...new FrameDecoder(1024).push(lengthOf(1025))], FrameError);
  assert.deepEqual([...new FrameDecoder(1024).push(lengthOf(1024))], []);
});

test('a frame is JSON in UTF-8', () => {
  const refused = (body: Buffer) => () => [
    ...new FrameDecoder().push(Buffer.concat([lengthOf(body.length), body])),
  ];
  assert.throws(refused(Buffer.from('{"type":')), FrameError);
  assert.throws(refused(Buffer.from([0x22, 0xc3, 0x28, 0x22])), FrameError);
  assert.throws(refused(Buffer.alloc(0)), FrameError);
});

test('a broken frame does not hide the good one before it', () => {
  const decoder = new FrameDecoder();
  const frames = decoder.push(Buffer.concat([encodeFrame(PING), lengthOf(3), Buffer.from('{,}')]));
  assert.deepEqual(frames.next().value, PING);
  assert.throws(() => frames.next(), FrameError);
});

test('no frame is sent that the other side would refuse', () => {
  const most = `"${'x'.repeat(MAX_FRAME_BYTES - 2)}"`;
  assert.equal(encodeJson(most).length, MAX_FRAME_BYTES + 4);
  assert.throws(() => encodeJson(`${most} `), FrameError);
});
