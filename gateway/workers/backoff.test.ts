import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

test('at once the first time, then longer up to a bound, at once again after a steady life', () => {
  const backoff = new Backoff();
  assert.deepEqual(
    Array.from({ length: 10 }, () => backoff.next(0)),
    [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  );
  assert.equal(backoff.next(29_000), 10_000);
  assert.equal(backoff.next(30_000), 0);
  assert.equal(backoff.next(10), 100);
});
