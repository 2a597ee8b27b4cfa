/**
 * The results of a run, exactly as they are written to JSON. Every number of every round is kept; tables
 * and verdicts are computed from these and add nothing of their own.
 */

import type { OpenLoopResult } from '../../lab/measure/open-loop.ts';
import type { WrkResult } from '../measure/wrk.ts';
import type { Forwarded } from '../origin/origin.ts';

export const SCHEMA_VERSION = 1;

/** One contestant under full load for some seconds. */
export interface Round {
  readonly round: number;
  readonly wrk: WrkResult;
  /** CPU time of the proxy's process tree, microseconds. */
  readonly cpuUs: number;
  readonly wallUs: number;
  /** Requests that the CPU time was spent on; with large bodies, bytes received over bytes of one response. */
  readonly requests: number;
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly residentBytes: number;
  /** Part of the proxy's core that something else used, 0 to 1; null when it is not pinned to one. */
  readonly foreignCpu: number | null;
  /** Lines of the access log over requests; null when it writes none. */
  readonly logged: number | null;
}

export interface Entry {
  /** The contestant, or contestant and variant (`cardinal-gateway 10,000 routes`). */
  readonly name: string;
  readonly contestant: string;
  readonly variant: string | null;
  readonly rounds: readonly Round[];
  readonly forwarded: Forwarded | null;
  /** Why its numbers do not count: errors under load, missing work. Empty when they do. */
  readonly faults: readonly string[];
}

export interface Skipped {
  readonly contestant: string;
  readonly reason: string;
  /** True when it was there and did not work: a budget that needs it has then been missed. */
  readonly broken: boolean;
}

interface ScenarioBase {
  readonly scenario: string;
  readonly what: string;
  readonly skipped: readonly Skipped[];
}

export interface LoadResult extends ScenarioBase {
  readonly kind: 'load';
  readonly entries: readonly Entry[];
  /** The entry that ratios are taken against. */
  readonly reference: string;
}

export interface MemoryEntry {
  readonly contestant: string;
  readonly idleBytes: number;
  readonly afterBytes: number;
  readonly peakBytes: number;
  readonly requests: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

export interface MemoryResult extends ScenarioBase {
  readonly kind: 'memory';
  readonly entries: readonly MemoryEntry[];
  /** The number of requests asked for. */
  readonly target: number;
}

export interface StartEntry {
  readonly contestant: string;
  /** Milliseconds from spawn, one for each start. */
  readonly readyMs: readonly (number | null)[];
  readonly firstProxiedMs: readonly number[];
}

export interface StartResult extends ScenarioBase {
  readonly kind: 'start';
  readonly entries: readonly StartEntry[];
}

export interface CompileEntry {
  readonly contestant: string;
  readonly routes: number;
  /** From the change of the file to the first request that the new configuration answers, each reload. */
  readonly reloadMs: readonly number[];
  /** Slowest request while that went on, each reload: no less than the event loop's longest gap. */
  readonly slowestMs: readonly number[];
  /** Slowest request in the same time without a reload. */
  readonly quietSlowestMs: number;
  readonly failedRequests: number;
}

export interface CompileResult extends ScenarioBase {
  readonly kind: 'compile';
  readonly entries: readonly CompileEntry[];
}

export interface LatencyRound {
  readonly round: number;
  readonly direct: OpenLoopResult;
  readonly proxied: OpenLoopResult;
  /** As in `Round`, while the load went through the proxy. */
  readonly foreignCpu: number | null;
  /** Why this round does not count, or null: the generator was late, the rate was not reached. */
  readonly void: string | null;
}

export interface LatencyEntry {
  readonly contestant: string;
  /** Requests per second at saturation, from which the rate follows. */
  readonly capacity: number;
  readonly rate: number;
  readonly rounds: readonly LatencyRound[];
}

export interface LatencyResult extends ScenarioBase {
  readonly kind: 'latency';
  readonly entries: readonly LatencyEntry[];
}

export type ScenarioResult = LoadResult | MemoryResult | StartResult | CompileResult | LatencyResult;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly usableCores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly host: string;
  /** Load average of the last minute before the run. */
  readonly loadBefore: number;
}

export interface RunResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly startedAt: string;
  readonly seconds: number;
  readonly command: string;
  readonly commit: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly placement: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioResult[];
}
