/** Makes a case smaller for as long as the same property keeps failing. */
import { type Case, check } from './properties.ts';

/** `limit` bounds the attempts. */
export function minimise(one: Case, property: string, limit = 5000): Case {
  let best = one;
  let attempts = 0;
  for (let step = Math.max(1, best.octets.length >> 1); step >= 1; step = step === 1 ? 0 : step >> 1) {
    for (let at = 0; at < best.octets.length && attempts < limit; ) {
      attempts++;
      const octets = Buffer.concat([best.octets.subarray(0, at), best.octets.subarray(at + step)]);
      const cuts = best.cuts.map((cut) => (cut <= at ? cut : Math.max(at, cut - step)));
      const smaller: Case = { octets, cuts, method: best.method };
      if (check(smaller)?.property === property) best = smaller;
      else at += step;
    }
  }
  return best;
}
