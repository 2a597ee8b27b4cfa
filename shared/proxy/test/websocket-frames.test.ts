import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameCursor, goingAwayMasked } from '../websocket-frames.ts';

function frame(length: number, masked: boolean): Buffer {
  const head = [0x82];
  const bit = masked ? 0x80 : 0;
  if (length < 126) head.push(bit | length);
  else if (length < 65536) head.push(bit | 126, length >> 8, length & 0xff);
  else head.push(bit | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff);
  // Octets that look like heads of frames.
  return Buffer.concat([
    Buffer.from(head),
    masked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0),
    Buffer.alloc(length, 0x82),
  ]);
}

test('ends of frames are found in pieces of any size', () => {
  const frames = [0, 1, 125, 126, 300, 65535, 65536, 0, 70_000].flatMap((length) => [
    frame(length, false),
    frame(length, true),
  ]);
  const all = Buffer.concat(frames);
  const ends: number[] = [];
  let end = 0;
  for (const one of frames) ends.push((end += one.length));
  for (const size of [1, 2, 3, 7, 1000, all.length]) {
    const cursor = new FrameCursor();
    const found: number[] = [];
    for (let at = 0; at < all.length; at += size) {
      const to = Math.min(at + size, all.length);
      let pos = at;
      while (pos < to) {
        pos = cursor.pass(all, pos, to, true);
        if (cursor.betweenFrames) found.push(pos);
      }
    }
    assert.deepEqual(found, ends, `pieces of ${size}`);
    const passing = new FrameCursor();
    assert.equal(passing.pass(all, 0, all.length, false), all.length);
    assert.equal(passing.betweenFrames, true);
  }
});

test('a close frame of a client is masked, each with other octets', () => {
  assert.notDeepEqual(goingAwayMasked(), goingAwayMasked());
  const cursor = new FrameCursor();
  const close = goingAwayMasked();
  assert.equal(cursor.pass(close, 0, close.length, true), close.length);
  assert.equal(cursor.betweenFrames, true);
});
