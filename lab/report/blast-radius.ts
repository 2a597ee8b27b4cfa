/** What the death of one process did: to how many pairs of services, for how long. */
import type { FailureEntry } from '../run/records.ts';

/** Without a failure for so long it has recovered. */
const RECOVERED_MS = 500;

export interface BlastRadius {
  readonly pairs: number;
  readonly pairsHit: number;
  /** Of all requests, over the whole scenario. */
  readonly failedShare: number;
  /** From the kill to the end of the last bin with a failure; 0 when nothing failed. */
  readonly failingMs: number;
  /** Requests were still failing when the scenario ended. */
  readonly unrecovered: boolean;
  /** [failed, sent] of all pairs, for each second. */
  readonly perSecond: readonly (readonly [number, number])[];
}

export function blastRadius({ pairs, binMs, killedAtMs }: FailureEntry): BlastRadius {
  let sent = 0;
  let failed = 0;
  let lastFailureMs = Number.NEGATIVE_INFINITY;
  const perSecond: [number, number][] = [];
  const endMs = binMs * Math.max(0, ...pairs.map(({ bins }) => bins.length));
  for (const pair of pairs) {
    sent += pair.sent;
    failed += pair.failed;
    for (const [at, [binSent, binFailed]] of pair.bins.entries()) {
      const second = Math.floor((at * binMs) / 1000);
      while (perSecond.length <= second) perSecond.push([0, 0]);
      perSecond[second]![0] += binFailed;
      perSecond[second]![1] += binSent;
      if (binFailed > 0) lastFailureMs = Math.max(lastFailureMs, (at + 1) * binMs);
    }
  }
  return {
    pairs: pairs.length,
    pairsHit: pairs.filter((pair) => pair.failed > 0).length,
    failedShare: sent === 0 ? 0 : failed / sent,
    failingMs: Math.max(0, lastFailureMs - killedAtMs),
    unrecovered: endMs - lastFailureMs < RECOVERED_MS,
    perSecond,
  };
}
