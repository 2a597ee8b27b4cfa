/**
 * Latency that a hop adds at 30 % load: the same open-loop load once straight to the origin and once through
 * the proxy, one after the other in each round; the difference of their percentiles is reported.
 */

import { join } from 'node:path';
import { startMeter } from '../../lab/measure/meter.ts';
import type { OpenLoopLoad, OpenLoopResult } from '../../lab/measure/open-loop.ts';
import { onCores } from '../../lab/measure/placement.ts';
import { stop } from '../../lab/measure/processes.ts';
import { type Contestant, PLAIN } from '../contestants/contestant.ts';
import { REFERENCE } from '../contestants/registry.ts';
import { type Running, requestHeaders, requestPath, startContestant } from '../contestants/running.ts';
import { outputOf, runWrk } from '../measure/wrk.ts';
import type { LatencyEntry, LatencyResult, LatencyRound, Skipped } from '../report/results.ts';
import { type Bench, present, type Scenario, selected } from './bench.ts';
import { warmUp } from './warm-up.ts';

const SHARE = 0.3;
const CONNECTIONS = 64;
const GENERATOR = join(import.meta.dirname, '../../lab/measure/open-loop.ts');

/** Bounds beyond which a round says more about the generator than about the proxy. */
const MAX_SEND_LAG_US = 1000;
const MIN_ACHIEVED = 0.97;
const MAX_FOREIGN_CPU = 0.25;

export function voidReason(result: OpenLoopResult): string | null {
  if (result.failed > 0) return `${result.failed} of ${result.sent} requests were not answered with 200`;
  if (result.achieved < MIN_ACHIEVED)
    return `${(result.achieved * 100).toFixed(1)} % of the rate was reached`;
  if (result.sendLagP99Us > MAX_SEND_LAG_US) {
    return `the generator sent late (p99 ${Math.round(result.sendLagP99Us)} us)`;
  }
  return null;
}

function foreignReason(foreignCpu: number | null): string | null {
  if (foreignCpu === null || foreignCpu <= MAX_FOREIGN_CPU) return null;
  return `others used ${Math.round(foreignCpu * 100)} % of the proxy's core`;
}

async function openLoop(bench: Bench, load: OpenLoopLoad): Promise<OpenLoopResult> {
  const program = [GENERATOR, JSON.stringify(load)];
  const { command, args } = onCores([bench.placement.load], process.execPath, program);
  return JSON.parse(await outputOf(command, args, load.seconds + load.warmUpSeconds + 30)) as OpenLoopResult;
}

interface Lane {
  readonly running: Running;
  readonly capacity: number;
  readonly rate: number;
  readonly rounds: LatencyRound[];
}

async function openLane(bench: Bench, contestant: Contestant): Promise<Lane> {
  bench.progress(`latency-30: capacity of ${contestant.id}`);
  const { placement, workDir, origin } = bench;
  const running = await startContestant({
    contestant,
    workload: PLAIN,
    placement,
    workDir,
    originPort: origin.port,
  });
  const load = {
    url: `http://127.0.0.1:${running.setup.port}${requestPath(PLAIN)}`,
    connections: CONNECTIONS,
    headers: requestHeaders(PLAIN),
  };
  await warmUp(bench, load);
  const wrk = await runWrk({ ...load, seconds: 2 }, placement, workDir);
  const capacity = (wrk.requests * 1e6) / wrk.durationUs;
  return { running, capacity, rate: Math.round(capacity * SHARE), rounds: [] };
}

async function measureRound(bench: Bench, lane: Lane, round: number): Promise<void> {
  const target = { path: requestPath(PLAIN), headers: requestHeaders(PLAIN) };
  const load = {
    rate: lane.rate,
    warmUpSeconds: 1,
    seconds: bench.roundSeconds,
    connections: CONNECTIONS,
    seed: round + 1,
  };
  const direct = await openLoop(bench, {
    ...load,
    targets: [{ ...target, name: 'origin', port: bench.origin.port }],
  });
  const meter = startMeter(lane.running.process.pid, bench.placement.proxy);
  const proxied = await openLoop(bench, {
    ...load,
    targets: [{ ...target, name: 'proxy', port: lane.running.setup.port }],
  });
  const { foreignCpu } = meter();
  const reason = voidReason(direct) ?? voidReason(proxied) ?? foreignReason(foreignCpu);
  lane.rounds.push({ round, direct, proxied, foreignCpu, void: reason });
}

const WHAT = 'latency added by one hop at 30 % of its own capacity, open loop, Poisson arrivals';

export const latency: Scenario = {
  name: 'latency-30',
  what: WHAT,
  slow: false,
  async run(bench: Bench): Promise<LatencyResult> {
    const wanted = selected(bench, (contestant) => contestant.cardinal || contestant === REFERENCE);
    const { able, skipped } = present(wanted);
    const lanes: Lane[] = [];
    const broken: Skipped[] = [];
    try {
      for (const contestant of able) {
        try {
          lanes.push(await openLane(bench, contestant));
        } catch (error) {
          broken.push({ contestant: contestant.id, reason: (error as Error).message, broken: true });
        }
      }
      for (let round = 0; round < bench.rounds; round++) {
        for (const lane of lanes) {
          bench.progress(`latency-30: round ${round + 1} of ${bench.rounds}, ${lane.running.contestant.id}`);
          await measureRound(bench, lane, round);
        }
      }
    } finally {
      await Promise.all(lanes.map((lane) => stop(lane.running.process)));
    }
    const entries = lanes.map(
      ({ running, capacity, rate, rounds }): LatencyEntry => ({
        contestant: running.contestant.id,
        capacity,
        rate,
        rounds,
      }),
    );
    return { kind: 'latency', scenario: 'latency-30', what: WHAT, entries, skipped: [...skipped, ...broken] };
  },
};
