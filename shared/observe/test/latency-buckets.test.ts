import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import { BUCKETS, bucketOf, middleOf, quantiles, RELATIVE_ERROR } from '../traffic/latency-buckets.ts';

test('every latency is read back with at most the promised error, and buckets never go down', () => {
  const random = new Random(1);
  let last = 0;
  for (let us = 0; us < 2 ** 30; us = us < 5000 ? us + 1 : Math.ceil(us * (1 + random.next() / 50))) {
    const bucket = bucketOf(us / 1000);
    assert.ok(bucket === last || bucket === last + 1, `${us} us`);
    last = bucket;
    const off = Math.abs(middleOf(bucket) * 1000 - us);
    assert.ok(off <= us * RELATIVE_ERROR + 1e-6, `${us} us is read back as ${middleOf(bucket) * 1000}`);
  }
  assert.equal(last, BUCKETS - 1);
});

test('what cannot be is counted in the nearest bucket', () => {
  assert.equal(bucketOf(-5), 0);
  assert.equal(bucketOf(1e12), BUCKETS - 1);
  assert.equal(bucketOf(Number.POSITIVE_INFINITY), BUCKETS - 1);
  assert.equal(bucketOf(Number.NaN), BUCKETS - 1);
});

test('percentiles of added-up histograms are those of all values together', () => {
  const random = new Random(7);
  const parts = [new Uint32Array(BUCKETS), new Uint32Array(BUCKETS), new Uint32Array(BUCKETS)];
  const values: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const ms = Math.exp(random.next() * 12 - 4);
    values.push(ms);
    random.pick(parts)[bucketOf(ms)]!++;
  }
  const sum = parts[0]!.map((count, at) => count + parts[1]![at]! + parts[2]![at]!);
  values.sort((a, b) => a - b);
  const wanted = [0.5, 0.9, 0.99, 1];
  const found = quantiles(sum, wanted);
  for (const [at, quantile] of wanted.entries()) {
    const exact = values[Math.ceil(quantile * values.length) - 1]!;
    assert.ok(Math.abs(found[at]! - exact) <= exact * RELATIVE_ERROR + 0.001, `p${quantile}`);
  }
});

test('of nothing there are no percentiles', () => {
  assert.deepEqual(quantiles(new Uint32Array(BUCKETS), [0.5, 0.99]), [null, null]);
});
