import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, pairedRatio, spread } from '../measure/statistics.ts';

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 7]), 6);
  assert.ok(Number.isNaN(median([])));
});

test('a spread keeps the extremes', () => {
  assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 });
});

test('ratios are taken inside rounds, so that a noisy round does not distort them', () => {
  // Round 1 was twice as slow for both; unpaired medians would give 40 / 10.
  const subject = [
    { round: 0, value: 20 },
    { round: 1, value: 40 },
    { round: 2, value: 40 },
  ];
  const reference = [
    { round: 2, value: 10 },
    { round: 0, value: 10 },
    { round: 1, value: 20 },
  ];
  assert.deepEqual(pairedRatio(subject, reference), { median: 2, min: 2, max: 4 });
});

test('rounds that only one side has, and references of zero, are left out', () => {
  assert.equal(pairedRatio([{ round: 0, value: 1 }], [{ round: 1, value: 1 }]), null);
  assert.equal(pairedRatio([{ round: 0, value: 1 }], [{ round: 0, value: 0 }]), null);
});
