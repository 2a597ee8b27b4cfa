/**
 * The budgets of the design, judged from the results of one run. A budget that this machine or this run
 * cannot judge says why; it is never counted as kept.
 */

import { pairedRatio, type Rounded, spread } from '../../lab/measure/statistics.ts';
import { FULL_REQUESTS } from '../scenarios/memory.ts';
import { FEW_ROUTES, MANY_ROUTES, variantName } from '../scenarios/routes.ts';
import type { Entry, LoadResult, RunResult, ScenarioResult } from './results.ts';

export type Verdict = 'aim met' | 'must met' | 'missed' | 'not judged';

/** What a run says about a budget: a number, a failure, or nothing. */
export type Measured =
  | { readonly value: number; readonly note?: string }
  | { readonly failed: string }
  | { readonly unjudged: string };

export interface Budget {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  /** `most`: smaller is better. */
  readonly bound: 'most' | 'least';
  readonly must: number;
  readonly aim: number | null;
  measure(run: RunResult): Measured;
}

export interface Judgement {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly bound: Budget['bound'];
  readonly must: number;
  readonly aim: number | null;
  readonly value: number | null;
  readonly verdict: Verdict;
  /** Why it was missed without a number, or not judged; or a remark on how it was measured. */
  readonly note: string;
}

const GATEWAY = 'cardinal-gateway';
const MICROGATEWAY = 'cardinal-microgateway';
const MIB = 1024 * 1024;

function find<K extends ScenarioResult['kind']>(
  run: RunResult,
  kind: K,
  scenario: string,
): Extract<ScenarioResult, { kind: K }> | Measured {
  const result = run.scenarios.find(
    (candidate) => candidate.scenario === scenario && candidate.kind === kind,
  );
  if (result === undefined) return { unjudged: `scenario ${scenario} was not run` };
  return result as Extract<ScenarioResult, { kind: K }>;
}

/** Why a scenario has no result of a contestant. */
function absent(result: ScenarioResult, name: string): Measured {
  const skipped = result.skipped.find(
    ({ contestant }) => contestant === name || contestant.startsWith(`${name} `),
  );
  if (skipped === undefined) return { unjudged: `${name} did not take part in ${result.scenario}` };
  const reason = skipped.reason.split('\n')[0]!;
  return skipped.broken ? { failed: reason } : { unjudged: `${name}: ${reason}` };
}

export function cpuRounds(entry: Entry): Rounded[] {
  return entry.rounds.map(({ round, cpuUsPerRequest }) => ({ round, value: cpuUsPerRequest }));
}

export function throughputRounds(entry: Entry): Rounded[] {
  return entry.rounds.map(({ round, requestsPerSecond }) => ({ round, value: requestsPerSecond }));
}

function ratio(
  result: LoadResult,
  subjectName: string,
  referenceName: string,
  rounds: (entry: Entry) => Rounded[],
): Measured {
  const subject = result.entries.find(({ name }) => name === subjectName);
  const reference = result.entries.find(({ name }) => name === referenceName);
  if (subject === undefined) return absent(result, subjectName);
  if (reference === undefined) return absent(result, referenceName);
  if (subject.faults.length > 0) return { failed: `${subjectName}: ${subject.faults[0]}` };
  if (reference.faults.length > 0) return { unjudged: `${referenceName}: ${reference.faults[0]}` };
  const paired = pairedRatio(rounds(subject), rounds(reference));
  if (paired === null) return { unjudged: 'no round has both' };
  return { value: paired.median, note: `rounds ${paired.min.toFixed(2)} to ${paired.max.toFixed(2)}` };
}

function loadRatio(scenario: string, contestant: string): Budget['measure'] {
  return (run) => {
    const result = find(run, 'load', scenario);
    return 'kind' in result ? ratio(result, contestant, result.reference, cpuRounds) : result;
  };
}

/** The worse of hitting one late route and of hitting them all. */
function routesRatio(run: RunResult): Measured {
  const result = find(run, 'load', 'routes');
  if (!('kind' in result)) return result;
  let worst: Measured | null = null;
  for (const spreadOut of [false, true]) {
    const measured = ratio(
      result,
      `${GATEWAY} ${variantName(MANY_ROUTES, spreadOut)}`,
      `${GATEWAY} ${variantName(FEW_ROUTES, spreadOut)}`,
      cpuRounds,
    );
    if (!('value' in measured)) return measured;
    if (worst === null || !('value' in worst) || measured.value > worst.value) {
      worst = { value: measured.value, note: `${spreadOut ? 'all hit' : 'last one hit'}; ${measured.note}` };
    }
  }
  return worst!;
}

function memory(which: 'idle' | 'loaded'): Budget['measure'] {
  return (run) => {
    const result = find(run, 'memory', 'memory');
    if (!('kind' in result)) return result;
    const entry = result.entries.find(({ contestant }) => contestant === MICROGATEWAY);
    if (entry === undefined) return absent(result, MICROGATEWAY);
    if (which === 'idle') return { value: entry.idleBytes / MIB };
    if (entry.faults.length > 0) return { failed: entry.faults[0]! };
    if (entry.requests < FULL_REQUESTS) {
      return {
        unjudged: `${entry.requests} of ${FULL_REQUESTS} requests were sent (${Math.round(entry.afterBytes / MIB)} MB)`,
      };
    }
    return { value: entry.afterBytes / MIB, note: `peak ${(entry.peakBytes / MIB).toFixed(0)} MB` };
  };
}

function startUp(run: RunResult): Measured {
  const result = find(run, 'start', 'start');
  if (!('kind' in result)) return result;
  const entry = result.entries.find(({ contestant }) => contestant === MICROGATEWAY);
  if (entry === undefined) return absent(result, MICROGATEWAY);
  const { median, min, max } = spread(entry.firstProxiedMs);
  return { value: median, note: `first proxied answer; ${min.toFixed(0)} to ${max.toFixed(0)}` };
}

function reload(which: 'time' | 'gap'): Budget['measure'] {
  return (run) => {
    const result = find(run, 'compile', 'compile');
    if (!('kind' in result)) return result;
    const entry = result.entries.find(({ contestant }) => contestant === GATEWAY);
    if (entry === undefined) return absent(result, GATEWAY);
    if (entry.failedRequests > 0) return { failed: `${entry.failedRequests} requests failed during reloads` };
    if (which === 'time') {
      return { value: spread(entry.reloadMs).median, note: 'file change to first answer, reading included' };
    }
    return {
      value: spread(entry.slowestMs).median,
      note: `upper bound from the slowest request; ${entry.quietSlowestMs.toFixed(1)} without a reload`,
    };
  };
}

function addedLatency(percentile: 'p50Us' | 'p99Us'): Budget['measure'] {
  return (run) => {
    const result = find(run, 'latency', 'latency-30');
    if (!('kind' in result)) return result;
    const entry = result.entries.find(({ contestant }) => contestant === GATEWAY);
    if (entry === undefined) return absent(result, GATEWAY);
    const valid = entry.rounds.filter((round) => round.void === null);
    if (valid.length === 0) return { unjudged: `no valid round: ${entry.rounds[0]?.void ?? 'none was run'}` };
    const added = valid.map(({ direct, proxied }) => (proxied[percentile] - direct[percentile]) / 1000);
    const shared = run.machine.usableCores < 3 ? ', load and origin share a core' : '';
    return { value: spread(added).median, note: `${entry.rate} requests/s${shared}` };
  };
}

function twoWorkers(run: RunResult): Measured {
  const result = find(run, 'load', 'workers-2');
  if (!('kind' in result)) return result;
  const { usableCores } = run.machine;
  if (usableCores < 4) {
    return { unjudged: `needs 4 cores (two workers, origin, load); this machine gives ${usableCores}` };
  }
  return ratio(result, `${GATEWAY} 2 workers`, `${GATEWAY} 1 worker`, throughputRounds);
}

const most = { bound: 'most' } as const;

export const BUDGETS: readonly Budget[] = [
  ...[GATEWAY, MICROGATEWAY].flatMap((contestant): Budget[] => [
    {
      ...most,
      id: `plain/${contestant}`,
      what: `CPU per request, plain: ${contestant}`,
      unit: 'x nginx',
      must: 1.7,
      aim: 1.4,
      measure: loadRatio('plain', contestant),
    },
    {
      ...most,
      id: `policies/${contestant}`,
      what: `CPU per request, five plugins: ${contestant}`,
      unit: 'x nginx',
      must: 2.2,
      aim: 1.7,
      measure: loadRatio('policies', contestant),
    },
  ]),
  {
    ...most,
    id: 'routes',
    what: 'CPU per request, 10,000 routes instead of 10',
    unit: 'x',
    must: 1.2,
    aim: 1.05,
    measure: routesRatio,
  },
  {
    ...most,
    id: 'memory/idle',
    what: 'microgateway memory, idle',
    unit: 'MB',
    must: 64,
    aim: 52,
    measure: memory('idle'),
  },
  {
    ...most,
    id: 'memory/loaded',
    what: 'microgateway memory after 1,000,000 requests',
    unit: 'MB',
    must: 110,
    aim: 80,
    measure: memory('loaded'),
  },
  {
    ...most,
    id: 'start',
    what: 'microgateway start to serving',
    unit: 'ms',
    must: 400,
    aim: 200,
    measure: startUp,
  },
  {
    ...most,
    id: 'compile/time',
    what: 'compile 10,000 routes',
    unit: 'ms',
    must: 1000,
    aim: 300,
    measure: reload('time'),
  },
  {
    ...most,
    id: 'compile/gap',
    what: 'longest wait during a reload',
    unit: 'ms',
    must: 50,
    aim: null,
    measure: reload('gap'),
  },
  {
    ...most,
    id: 'latency/p50',
    what: 'added latency at 30 % load, p50',
    unit: 'ms',
    must: 0.3,
    aim: 0.12,
    measure: addedLatency('p50Us'),
  },
  {
    ...most,
    id: 'latency/p99',
    what: 'added latency at 30 % load, p99',
    unit: 'ms',
    must: 1.5,
    aim: 0.6,
    measure: addedLatency('p99Us'),
  },
  {
    id: 'workers-2',
    what: 'throughput of two workers',
    unit: 'x one',
    bound: 'least',
    must: 1.7,
    aim: 1.9,
    measure: twoWorkers,
  },
];

export function judge(budget: Budget, measured: Measured): Judgement {
  const { id, what, unit, bound, must, aim } = budget;
  const base = { id, what, unit, bound, must, aim };
  if ('unjudged' in measured) return { ...base, value: null, verdict: 'not judged', note: measured.unjudged };
  if ('failed' in measured) return { ...base, value: null, verdict: 'missed', note: measured.failed };
  const { value, note = '' } = measured;
  if (!Number.isFinite(value)) return { ...base, value: null, verdict: 'missed', note: 'no number came out' };
  const keeps = (limit: number): boolean => (bound === 'most' ? value <= limit : value >= limit);
  const verdict = !keeps(must) ? 'missed' : aim === null || !keeps(aim) ? 'must met' : 'aim met';
  return { ...base, value, verdict, note };
}

export function judgeAll(run: RunResult): Judgement[] {
  return BUDGETS.map((budget) => judge(budget, budget.measure(run)));
}

/** Whether `--check` passes: nothing missed, and something judged at all. */
export function passes(judgements: readonly Judgement[]): boolean {
  const judged = judgements.filter(({ verdict }) => verdict !== 'not judged');
  return judged.length > 0 && judged.every(({ verdict }) => verdict !== 'missed');
}
