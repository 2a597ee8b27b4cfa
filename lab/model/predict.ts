/**
 * What each pattern would cost a call graph, from the prices and distributions of a run: latency over the critical path
 * by drawing from what single calls took, CPU time and memory by adding up. Predicted, not measured; the error on a
 * pattern that was held out stands beside it.
 */
import type { Histogram } from '../measure/histogram.ts';
import { seededRandom } from '../measure/random.ts';
import type { SetAnalysis } from '../report/analysis.ts';
import type { Role } from '../topologies/environment.ts';
import { TOPOLOGIES, type TopologyId } from '../topologies/topology.ts';
import { rowOf } from './additive.ts';
import type { CallGraph, GraphCall } from './call-graph.ts';

export interface PatternPrediction {
  readonly topology: TopologyId;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all proxies and services for one request from outside, and the cores at the graph's rate. */
  readonly cpuUs: number;
  readonly cores: number;
  readonly proxyBytes: number;
  readonly failureDomain: string;
  /** Share of the kinds of calls that the death of one proxy stops, at worst. */
  readonly callsLost: number;
}

export interface EdgeAdvice {
  readonly from: string;
  readonly to: string;
  readonly topology: TopologyId;
  readonly callUs: number;
  readonly why: string;
}

export interface Prediction {
  readonly policies: string;
  /** Median error on a held-out pattern; null when the run could not tell. */
  readonly error: number | null;
  readonly patterns: readonly PatternPrediction[];
  readonly edges: readonly EdgeAdvice[];
  /** Patterns the run says nothing about. */
  readonly unknown: readonly TopologyId[];
}

const DRAWS = 4000;
const HIT_RATIO = 0.9;
const CANDIDATES: readonly TopologyId[] = ['T0', 'T1', 'T2', 'T3i', 'T3b', 'T4', 'T6'];

/** Throws when the run has too little to fit prices. */
export function predict(graph: CallGraph, set: SetAnalysis, seed = 1): Prediction {
  const { latencyFit, cpuFit, heldOut } = set;
  if (latencyFit === null || cpuFit === null)
    throw new Error(`the run has too few valid cells with the policies ${set.policies} to fit prices`);
  const withPlugins = set.rows.some(({ expected }) => expected.chainRuns > 0);
  const patterns: PatternPrediction[] = [];
  const unknown: TopologyId[] = [];
  const callUs = new Map<TopologyId, number>();
  const kinds = graph.calls.length;
  for (const topology of CANDIDATES) {
    const row = set.rows.find((one) => one.topology === topology && one.kind === 'depth' && one.calls === 1);
    const request = latencyFit.prices.request ?? 0;
    const price = (calls: number, roundTripMs: number): number | null =>
      latencyFit.fit.predict(
        rowOf({ topology, calls, atOnce: false, roundTripMs, hitRatio: HIT_RATIO, withPlugins }),
      );
    const one = price(1, graph.roundTripMs);
    const near = price(1, 0);
    if (row === undefined || row.rounds === 0 || one === null || near === null) {
      unknown.push(topology);
      continue;
    }
    callUs.set(topology, one - request);
    const farUs = one - near;
    const times = drawRequests(graph, row.histogram, request, farUs, seed);
    const cpuUs = cpuOf(graph, topology, cpuFit.fit, withPlugins);
    patterns.push({
      topology,
      p50Ms: times[Math.floor(DRAWS * 0.5)]! / 1000,
      p99Ms: times[Math.floor(DRAWS * 0.99)]! / 1000,
      cpuUs,
      cores: (cpuUs * graph.requestsPerSecond) / 1e6,
      proxyBytes: memoryOf(graph, topology, set),
      failureDomain: TOPOLOGIES[topology].failureDomain,
      callsLost: callsLost(graph, topology, kinds),
    });
  }
  return {
    policies: set.policies,
    error: heldOut?.error ?? null,
    patterns,
    edges: graph.calls.map((call) => advise(call, graph, callUs, heldOut?.error ?? 0)),
    unknown,
  };
}

/** Sorted microseconds of whole requests, each call drawn from what one call took. */
function drawRequests(
  graph: CallGraph,
  calls: Histogram,
  requestUs: number,
  farUs: number,
  seed: number,
): number[] {
  const random = seededRandom(seed);
  const table = Array.from({ length: 1000 }, (_, at) => calls.quantileUs((at + 0.5) / 1000));
  const drawCall = (): number => Math.max(0, table[Math.floor(random() * table.length)]! - requestUs) + farUs;
  const timeOf = (service: string): number => {
    let total = (graph.services.get(service)?.timeMs ?? 0) * 1000;
    const together = new Map<string, number>();
    for (const call of graph.calls) {
      if (call.from !== service) continue;
      for (let at = 0; at < call.times; at++) {
        const time = drawCall() + timeOf(call.to);
        if (call.atOnce === null) total += time;
        else together.set(call.atOnce, Math.max(together.get(call.atOnce) ?? 0, time));
      }
    }
    for (const time of together.values()) total += time;
    return total;
  };
  return Array.from({ length: DRAWS }, () => requestUs + timeOf(graph.entry)).sort((a, b) => a - b);
}

/** How often each call happens for one request from outside. */
function totalCalls(graph: CallGraph): number {
  const countFrom = (service: string): number =>
    graph.calls
      .filter(({ from }) => from === service)
      .reduce((sum, { to, times }) => sum + times * (1 + countFrom(to)), 0);
  return countFrom(graph.entry);
}

function cpuOf(
  graph: CallGraph,
  topology: TopologyId,
  fit: { predict(row: readonly number[]): number | null },
  withPlugins: boolean,
): number {
  const calls = totalCalls(graph);
  return (
    fit.predict(
      rowOf({ topology, calls, atOnce: false, roundTripMs: 0, hitRatio: HIT_RATIO, withPlugins }),
    ) ?? Number.NaN
  );
}

function memoryOf(graph: CallGraph, topology: TopologyId, set: SetAnalysis): number {
  const bytes = (role: Role | 'embedded'): number => set.residentByRole.get(role)?.medianBytes ?? Number.NaN;
  const instances = [...graph.services.values()].reduce((sum, one) => sum + one.instances, 0);
  switch (topology) {
    case 'T1':
      return Math.max(0, bytes('embedded') - bytes('service')) * instances;
    case 'T2':
      return bytes('central');
    case 'T3i':
    case 'T3b':
      return bytes('sidecar') * instances;
    case 'T4':
      // A node for every ten instances, at least two.
      return bytes('node') * Math.max(2, Math.ceil(instances / 10));
    case 'T6':
      return bytes('legacy') * instances + bytes('central');
    default:
      return 0;
  }
}

/** Of all kinds of calls, those that pass by the one proxy whose death does most harm. */
function callsLost(graph: CallGraph, topology: TopologyId, kinds: number): number {
  const touching = (count: (call: GraphCall, service: string, share: number) => number): number =>
    Math.max(
      ...[...graph.services].map(([name, { instances }]) =>
        graph.calls.reduce((sum, call) => sum + count(call, name, 1 / instances), 0),
      ),
    );
  switch (topology) {
    case 'T2':
      return 1;
    case 'T4':
      return 1;
    case 'T3i':
      return touching(({ to }, name, share) => (to === name ? share : 0)) / kinds;
    case 'T3b':
      return touching(({ from, to }, name, share) => (from === name || to === name ? share : 0)) / kinds;
    case 'T6':
      return Math.max(1 - HIT_RATIO, touching(({ to }, name, share) => (to === name ? share : 0)) / kinds);
    default:
      return 0;
  }
}

function advise(
  call: GraphCall,
  graph: CallGraph,
  callUs: ReadonlyMap<TopologyId, number>,
  error: number,
): EdgeAdvice {
  const allowed = [...callUs].filter(([topology]) => {
    if (topology === 'T0' || topology === 'T6') return false;
    if (topology === 'T1') return graph.services.get(call.to)?.embeddable === true;
    return !(call.isolated && (topology === 'T2' || topology === 'T4'));
  });
  allowed.sort(([, a], [, b]) => a - b);
  const best = allowed[0];
  if (best === undefined)
    throw new Error(`the run says nothing about a pattern for ${call.from} -> ${call.to}`);
  const [topology, us] = best;
  const central = callUs.get('T2');
  if (!call.isolated && topology !== 'T1' && central !== undefined && central <= us * (1 + error)) {
    const why =
      topology === 'T2'
        ? 'fastest, and one process for all'
        : 'no slower within the error, and one process for all';
    return { from: call.from, to: call.to, topology: 'T2', callUs: central, why };
  }
  const why = call.isolated ? 'fastest of those whose failure stays with two services' : 'fastest';
  return { from: call.from, to: call.to, topology, callUs: us, why };
}
