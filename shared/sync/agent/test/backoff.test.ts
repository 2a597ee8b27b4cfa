import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../test/random.ts';
import { Backoff, FIRST_DELAY_MS, LONGEST_DELAY_MS, STABLE_AFTER_MS } from '../backoff.ts';

/** Waits for that many failures with the greatest chance there is. */
function longest(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => Math.round(backoff.next()));
}

test('it doubles from half a second to a minute, and stays there', () => {
  const backoff = new Backoff(() => 1);
  assert.deepEqual(longest(backoff, 9), [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  for (let i = 0; i < 2000; i++) backoff.next();
  assert.equal(backoff.next(), LONGEST_DELAY_MS);
});

test('full jitter: spread over everything from nothing on', () => {
  const random = new Random(7);
  const waits = Array.from({ length: 400 }, () => new Backoff(() => random.next()).next());
  const quarters = [0, 0, 0, 0];
  for (const wait of waits) quarters[Math.floor((wait / FIRST_DELAY_MS) * 4)]!++;
  for (const count of quarters) assert.ok(count > 60, `${quarters}`);
});

test('it starts over after a connection that was stable, not after one that was short', () => {
  const backoff = new Backoff(() => 1);
  longest(backoff, 5);
  backoff.ended(STABLE_AFTER_MS - 1);
  assert.equal(backoff.next(), 16_000);
  backoff.ended(STABLE_AFTER_MS);
  assert.equal(backoff.next(), FIRST_DELAY_MS);
});

test('go-away: never earlier than asked, spread, and no control plane sends a node away for days', () => {
  for (const chance of [0, 0.5, 0.999]) {
    const backoff = new Backoff(() => chance);
    const wait = backoff.away(10_000);
    assert.ok(wait >= 10_000 && wait <= 12_000, `${wait}`);
    assert.ok(backoff.away(Number.MAX_SAFE_INTEGER) <= 1.2 * 3_600_000);
    assert.ok(backoff.away(0) <= FIRST_DELAY_MS);
  }
});
