/**
 * Latencies as counts in fixed log-linear buckets: each power of two of microseconds is cut into eight. Histograms
 * of any workers, nodes and times are added up bucket by bucket; a percentile of the sum is as exact as one of a
 * part. What is read back is the middle of a bucket, at most 6.25 % from what was measured (and exact below 8 us).
 */

/** Buckets for 0 us up to 2^30 us, some 18 minutes; longer ones count in the last. */
export const BUCKETS = 224;

/** The greatest difference between a measured value and what is read back for it, as a part of it. */
export const RELATIVE_ERROR = 1 / 16;

const LONGEST_MS = 2 ** 30 / 1000 - 1;

/** A negative or absurd value is counted in the nearest bucket. */
export function bucketOf(ms: number): number {
  if (!(ms < LONGEST_MS)) return BUCKETS - 1;
  const us = (ms * 1000) | 0;
  if (us < 8) return Math.max(us, 0);
  const exponent = 31 - Math.clz32(us);
  return ((exponent - 2) << 3) + ((us >>> (exponent - 3)) & 7);
}

/** The middle of a bucket, in milliseconds. */
export function middleOf(bucket: number): number {
  if (bucket < 8) return bucket / 1000;
  const exponent = (bucket >> 3) + 2;
  const width = 2 ** (exponent - 3);
  return ((8 + (bucket & 7)) * width + (width - 1) / 2) / 1000;
}

/** Milliseconds at each of the quantiles (ascending, 0 to 1); null when nothing was counted. */
export function quantiles(of: ArrayLike<number>, wanted: readonly number[]): readonly (number | null)[] {
  let all = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) all += of[bucket]!;
  if (all === 0) return wanted.map(() => null);
  const found: number[] = [];
  let below = 0;
  let bucket = -1;
  for (const quantile of wanted) {
    const rank = Math.max(1, Math.ceil(quantile * all));
    while (below < rank) below += of[++bucket]!;
    found.push(middleOf(bucket));
  }
  return found;
}
