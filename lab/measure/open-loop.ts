/**
 * An open-loop load generator: requests leave at times drawn in advance (Poisson arrivals, seeded), whether
 * or not earlier ones have been answered, and latency counts from the time a request was meant to leave.
 * A closed-loop generator would wait for a stalled proxy and so hide the stall (coordinated omission).
 *
 * Runs as a process of its own: `node open-loop.ts '{"targets":[...],...}'` prints one JSON object; started with an
 * IPC channel and no argument it takes one load after the other. Timers tick at 1 ms and would send in bursts, so
 * the last stretch before a request is due is spent turning on `setImmediate`.
 */

import { ConnectionSet, type OpenLoopTarget } from './connection-set.ts';
import { Histogram, type StoredHistogram } from './histogram.ts';
import { seededRandom } from './random.ts';

export type { OpenLoopTarget } from './connection-set.ts';

export interface OpenLoopLoad {
  /** Where requests go, in turn as drawn; each counts for itself and all of them together. */
  readonly targets: readonly OpenLoopTarget[];
  /** Requests per second, all targets together. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** At most that many to each target; opened before the first request. */
  readonly connections: number;
  readonly seed: number;
  /** Give the core back until shortly before the next request. Default: keep it. */
  readonly sleeps?: boolean;
  /** After which a request has failed; default 10 s. */
  readonly timeoutMs?: number;
}

export interface OpenLoopResult {
  readonly rate: number;
  readonly sent: number;
  /** Warm-up included: what the processes behind it have worked for. */
  readonly sentInAll: number;
  readonly answered: number;
  /** Sent, or due, and not answered with 200. */
  readonly failed: number;
  /** Answers per second within the measured time, over the rate asked for. */
  readonly achieved: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** How late requests left, p99: the generator's own fault, not the proxy's. */
  readonly sendLagP99Us: number;
  /** From the intended start; what failed is infinite. */
  readonly latency: StoredHistogram;
  /** From the time a request really left. */
  readonly service: StoredHistogram;
  /** Average of requests under way, from counting them over time: Little's law compares it with rate x time. */
  readonly inFlight: number;
  /** The cap on waiting requests was hit: the run says nothing but that. */
  readonly saturated: boolean;
  /** Part of one core the generator used. */
  readonly generatorCpu: number;
  readonly measuredSeconds: number;
  /** When measuring began, milliseconds since the epoch. */
  readonly beganAtMs: number;
  readonly targets: readonly TargetResult[];
}

export interface TargetResult {
  readonly name: string;
  readonly sent: number;
  readonly failed: number;
  /** Requests by the bin of `BIN_MS` in which they were meant to leave: [sent, failed]. */
  readonly bins: readonly (readonly [number, number])[];
}

export const BIN_MS = 100;
/** Requests that wait for a free connection; beyond it the proxy cannot keep up and the run is void. */
const MAX_WAITING = 20_000;
const DRAIN_MS = 2000;
const SLEEP_MARGIN_MS = 1.6;
const LONGEST_NAP_MS = 20;

export async function runOpenLoop(load: OpenLoopLoad): Promise<OpenLoopResult> {
  const random = seededRandom(load.seed);
  const latency = new Histogram();
  const service = new Histogram();
  const lag = new Histogram();
  const timeoutMs = load.timeoutMs ?? 10_000;
  let sent = 0;
  let sentInAll = 0;
  let answered = 0;
  let measureFromMs = Number.POSITIVE_INFINITY;
  let saturated = false;
  let active = 0;
  let area = 0;
  let areaMs = 0;
  const count = (nowMs: number, change: number): void => {
    area += active * (nowMs - areaMs);
    areaMs = nowMs;
    active += change;
  };

  const lanes = load.targets.map((target) => {
    const bins: [number, number][] = [];
    const binOf = (intendedMs: number): [number, number] => {
      const at = Math.floor((intendedMs - measureFromMs) / BIN_MS);
      while (bins.length <= at) bins.push([0, 0]);
      return bins[at]!;
    };
    const connections = new ConnectionSet(target, load.connections, timeoutMs, {
      sent(intendedMs, nowMs) {
        if (intendedMs < measureFromMs) return;
        lag.record((nowMs - intendedMs) * 1000);
        count(nowMs, 1);
      },
      ended(intendedMs, sentMs, status) {
        if (intendedMs < measureFromMs) return;
        const nowMs = performance.now();
        if (sentMs >= 0) {
          count(nowMs, -1);
          service.record((nowMs - sentMs) * 1000);
        }
        if (status === 200) {
          answered++;
          latency.record((nowMs - intendedMs) * 1000);
        } else {
          latency.recordInfinite();
          binOf(intendedMs)[1]++;
        }
      },
    });
    return { target, connections, bins, binOf };
  });
  await Promise.all(lanes.map(({ connections }) => connections.open()));

  const startMs = performance.now();
  measureFromMs = startMs + load.warmUpSeconds * 1000;
  areaMs = measureFromMs;
  const endMs = measureFromMs + load.seconds * 1000;
  let nextMs = startMs;
  let cpuFrom: NodeJS.CpuUsage | undefined;
  let cpuFromMs = 0;
  let doneMs = 0;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const nowMs = performance.now();
      if (cpuFrom === undefined && nowMs >= measureFromMs) {
        cpuFrom = process.cpuUsage();
        cpuFromMs = nowMs;
      }
      while (nextMs <= nowMs && nextMs < endMs) {
        const lane = lanes[lanes.length === 1 ? 0 : Math.floor(random() * lanes.length)]!;
        sentInAll++;
        if (nextMs >= measureFromMs) {
          sent++;
          lane.binOf(nextMs)[0]++;
        }
        if (lane.connections.waiting < MAX_WAITING) lane.connections.request(nextMs);
        else {
          saturated = true;
          if (nextMs >= measureFromMs) {
            latency.recordInfinite();
            lane.binOf(nextMs)[1]++;
          }
        }
        nextMs += (-Math.log(1 - random()) * 1000) / load.rate;
      }
      for (const lane of lanes) lane.connections.expire(nowMs);
      // What has left is waited for a little: the slowest answers are the ones that matter.
      const drained = nextMs >= endMs && lanes.every(({ connections }) => connections.quiet);
      if (drained || nowMs > endMs + Math.max(DRAIN_MS, timeoutMs)) {
        doneMs = nowMs;
        resolve();
        return;
      }
      const napMs = (nextMs < endMs ? nextMs - nowMs : LONGEST_NAP_MS) - SLEEP_MARGIN_MS;
      if (load.sleeps === true && napMs >= 1) setTimeout(turn, Math.floor(Math.min(napMs, LONGEST_NAP_MS)));
      else setImmediate(turn);
    };
    turn();
  });
  const cpu = process.cpuUsage(cpuFrom);
  count(doneMs, 0);
  for (const { connections } of lanes) connections.close();

  return {
    rate: load.rate,
    sent,
    sentInAll,
    answered,
    failed: sent - answered,
    achieved: answered / (load.rate * load.seconds),
    p50Us: latency.quantileUs(0.5),
    p90Us: latency.quantileUs(0.9),
    p99Us: latency.quantileUs(0.99),
    p999Us: latency.quantileUs(0.999),
    maxUs: latency.maxUs,
    sendLagP99Us: lag.quantileUs(0.99),
    latency: latency.stored(),
    service: service.stored(),
    inFlight: area / (doneMs - measureFromMs),
    saturated,
    generatorCpu: (cpu.user + cpu.system) / 1000 / (doneMs - cpuFromMs),
    measuredSeconds: (doneMs - measureFromMs) / 1000,
    beganAtMs: performance.timeOrigin + measureFromMs,
    targets: lanes.map(({ target, bins }) => ({
      name: target.name,
      sent: bins.reduce((sum, [all]) => sum + all, 0),
      failed: bins.reduce((sum, [, lost]) => sum + lost, 0),
      bins,
    })),
  };
}

if (process.argv[1] === import.meta.filename) {
  const given = process.argv[2];
  if (given !== undefined) {
    process.stdout.write(`${JSON.stringify(await runOpenLoop(JSON.parse(given) as OpenLoopLoad))}\n`);
  } else {
    process.on('disconnect', () => process.exit(0));
    process.on('message', (load) => {
      runOpenLoop(load as OpenLoopLoad).then(
        (result) => process.send?.({ result }),
        (error: Error) => process.send?.({ error: error.message }),
      );
    });
  }
}
