/** What is bounded stays within its bound, whatever comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureThrottle, TokenBucket } from '../rate-bounds.ts';

test('a bucket lets through its rate and its burst', () => {
  const bucket = new TokenBucket(100, 20, 0);
  let taken = 0;
  for (let now = 0; now <= 1000; now += 10) while (bucket.take(now)) taken++;
  assert.equal(taken, 120);
});

test('a bucket says how long to wait', () => {
  const bucket = new TokenBucket(10, 1, 0);
  assert.equal(bucket.waitMs(0), 0);
  assert.ok(bucket.take(0));
  assert.equal(bucket.waitMs(0), 100);
  assert.ok(!bucket.take(99));
  assert.ok(bucket.take(200));
  assert.ok(!bucket.take(100), 'a clock that goes back gives nothing');
});

test('a source that fails too often waits for the end of its minute', () => {
  const throttle = new FailureThrottle(3);
  for (let i = 0; i < 3; i++) {
    assert.equal(throttle.waitMs('a', 1000), 0);
    throttle.failed('a', 1000);
  }
  assert.equal(throttle.waitMs('a', 1000), 60_000);
  assert.equal(throttle.waitMs('b', 1000), 0);
  assert.equal(throttle.waitMs('a', 60_999), 1);
  assert.equal(throttle.waitMs('a', 61_000), 0);
  throttle.failed('a', 61_000);
  assert.equal(throttle.waitMs('a', 61_000), 0);
});

test('the table of sources has an end', () => {
  const throttle = new FailureThrottle(1);
  for (let i = 0; i < 5000; i++) throttle.failed(`source-${i}`, i);
  assert.equal(throttle.waitMs('source-0', 5000), 0);
  assert.ok(throttle.waitMs('source-4999', 5000) > 0);
});
