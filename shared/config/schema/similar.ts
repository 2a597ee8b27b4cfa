/**
 * Did-you-mean: the nearest of the names that would have been accepted. Bounded, so that a hostile name or a
 * long list of candidates costs little.
 */

const MAX_NAME = 64;
const MAX_CANDIDATES = 20_000;

/**
 * The candidate at the smallest edit distance: at most 2, or at most 1 for names under five letters.
 * Letter case and `-` against `_` count for nothing. Undefined when none is near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > MAX_NAME) return undefined;
  const wanted = fold(name);
  const limit = name.length < 5 ? 1 : 2;
  let best: string | undefined;
  let bestDistance = limit + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > MAX_CANDIDATES) break;
    if (candidate === name) continue;
    const distance = editDistance(wanted, fold(candidate), bestDistance - 1);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
      if (distance === 0) break;
    }
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Optimal string alignment distance (a swap of neighbours counts one), or `limit + 1` when it is more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let older: number[] = [];
  let old: number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min((old[j] as number) + 1, (row[j - 1] as number) + 1, (old[j - 1] as number) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        d = Math.min(d, (older[j - 2] as number) + 1);
      }
      row[j] = d;
      if (d < least) least = d;
    }
    if (least > limit) return limit + 1;
    older = old;
    old = row;
  }
  return old[b.length] as number;
}
