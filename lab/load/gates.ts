/**
 * When a measurement counts. A run that does not pass is void, and says why: it is not slow, it is nothing. The
 * bounds are set before anything is measured and hold for every pattern alike.
 */
import { Histogram } from '../measure/histogram.ts';
import type { OpenLoopResult } from '../measure/open-loop.ts';

export interface Gates {
  /** p99 of how late requests left: at most the greater of these two. */
  readonly lagUs: number;
  readonly lagShareOfP50: number;
  readonly generatorCpu: number;
  readonly achieved: number;
  /** Largest share of failed requests. */
  readonly errors: number;
  /** Largest relative difference in Little's law. */
  readonly little: number;
}

export const GATES: Gates = {
  lagUs: 200,
  lagShareOfP50: 0.05,
  generatorCpu: 0.7,
  achieved: 0.995,
  errors: 0,
  little: 0.02,
};

/** Rate times mean time, over the same requests that were counted under way. */
export function expectedInFlight(result: OpenLoopResult): number {
  const service = Histogram.from(result.service);
  return service.sumUs / 1e6 / result.measuredSeconds;
}

/** Null when the run counts. */
export function voidReason(result: OpenLoopResult, gates: Gates = GATES): string | null {
  if (result.sent === 0) return 'no request was due';
  if (result.saturated) return 'saturated: requests could not even be queued';
  const lagBound = Math.max(gates.lagUs, gates.lagShareOfP50 * result.p50Us);
  if (result.sendLagP99Us > lagBound)
    return `the generator sent late: p99 ${Math.round(result.sendLagP99Us)} us, bound ${Math.round(lagBound)} us`;
  if (result.generatorCpu > gates.generatorCpu)
    return `the generator used ${percent(result.generatorCpu)} of its core, bound ${percent(gates.generatorCpu)}`;
  if (result.failed > gates.errors * result.sent)
    return `${result.failed} of ${result.sent} requests were not answered with 200`;
  if (result.answered < gates.achieved * result.sent)
    return `${percent(result.answered / result.sent)} of the rate was reached, bound ${percent(gates.achieved)}`;
  const expected = expectedInFlight(result);
  if (!(Math.abs(result.inFlight - expected) <= gates.little * result.inFlight))
    return `Little's law: ${result.inFlight.toFixed(4)} under way, rate times time is ${expected.toFixed(4)}`;
  return null;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
