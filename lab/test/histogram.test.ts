import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../measure/histogram.ts';
import { seededRandom } from '../measure/random.ts';

test('a value is kept to a tenth of a percent from 1 us to 60 s', () => {
  for (const us of [1, 2, 1000, 2047, 2048, 2049, 4095, 4096, 5000, 123_456, 9_999_999, 60_000_000]) {
    const histogram = new Histogram();
    histogram.record(us);
    assert.ok(Math.abs(histogram.quantileUs(0.5) - us) <= us / 1000, `${us}: ${histogram.quantileUs(0.5)}`);
  }
});

test('merging is adding counts: the quantiles are those of all values together', () => {
  const random = seededRandom(3);
  const values = Array.from({ length: 5000 }, () => Math.round(1 + random() * 1_000_000));
  const parts = [new Histogram(), new Histogram(), new Histogram()];
  for (const [at, value] of values.entries()) parts[at % 3]!.record(value);
  const merged = Histogram.merged(parts.map((part) => part.stored()));
  values.sort((a, b) => a - b);
  for (const q of [0.5, 0.9, 0.99, 1]) {
    const exact = values[Math.ceil(q * values.length) - 1]!;
    assert.ok(Math.abs(merged.quantileUs(q) - exact) <= exact / 1000 + 1, `${q}`);
  }
  assert.equal(merged.count, 5000);
  assert.ok(Math.abs(merged.sumUs - values.reduce((a, b) => a + b, 0)) < 1);
});

test('what was never answered is infinitely slow', () => {
  const histogram = new Histogram();
  for (let i = 0; i < 98; i++) histogram.record(100);
  histogram.recordInfinite();
  histogram.recordInfinite();
  assert.equal(histogram.quantileUs(0.98), 100);
  assert.equal(histogram.quantileUs(0.99), Number.POSITIVE_INFINITY);
});

test('a stored histogram that is none is refused', () => {
  assert.throws(() => Histogram.from({ slots: [[1e9, 1]], infinite: 0, sumUs: 0 }), /not a stored/);
});
