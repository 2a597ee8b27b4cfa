/** A run's journal made up for tests: what each cell took is given, nothing is measured. */
import { Histogram } from '../measure/histogram.ts';
import { expectedHops } from '../model/hops.ts';
import { makePlan, type PlanOptions } from '../run/plan.ts';
import { type JournalEntry, type MeasurementEntry, SCHEMA_VERSION, type StartEntry } from '../run/records.ts';
import { TOPOLOGY_IDS, type TopologyId } from '../topologies/topology.ts';

export const PLAN_OPTIONS: PlanOptions = {
  quick: true,
  topologies: TOPOLOGY_IDS,
  depths: undefined,
  policies: undefined,
  rounds: undefined,
  roundTripsMs: undefined,
  seed: 1,
  policyFile: null,
  pluginPaths: [],
  requestHeaders: {},
};

export function startEntry(): StartEntry {
  return {
    type: 'start',
    key: 'start',
    schemaVersion: SCHEMA_VERSION,
    startedAt: '2026-01-01T00:00:00.000Z',
    command: 'cardinal lab run --quick',
    plan: makePlan(PLAN_OPTIONS),
    machine: {
      cpu: 'a <CPU> & more',
      cores: 2,
      usableCores: 2,
      memoryBytes: 1,
      kernel: '6',
      node: '24',
      governor: 'unknown',
      openFiles: '1024',
      commit: 'abc',
      placement: 'somewhere',
      loadBefore: 0,
      distance: { by: 'relay', why: 'netem is not there' },
    },
  };
}

export interface MadeUp {
  readonly topology: TopologyId;
  readonly calls?: number;
  readonly round?: number;
  readonly roundTripMs?: number;
  readonly us: number;
  readonly cpuUs?: number;
  readonly parsesMore?: number;
  readonly void?: string;
}

export function measurement(one: MadeUp): MeasurementEntry {
  const { topology, calls = 1, round = 0, us } = one;
  const requests = 100;
  const latency = new Histogram();
  for (let i = 0; i < requests; i++) latency.record(us);
  const roundTripMs = one.roundTripMs ?? null;
  const cell = {
    kind: roundTripMs === null ? 'depth' : 'distance',
    calls,
    roundTripMs,
    hitRatio: 0.9,
    rate: null,
    seconds: 1,
  } as const;
  const hops = expectedHops(topology, cell, requests, true);
  return {
    type: 'measurement',
    key: [topology, calls, roundTripMs, round].join('|'),
    policies: 'standard',
    cell,
    topology,
    round,
    rate: 100,
    sent: requests,
    failed: 0,
    p50Us: us,
    p99Us: us,
    meanUs: us,
    sendLagP99Us: 10,
    generatorCpu: 0.1,
    inFlight: 0.1,
    busy: 0.3,
    latency: latency.stored(),
    service: latency.stored(),
    requests,
    cpuUs: {
      service: (one.cpuUs ?? us / 2) * requests,
      central: 0,
      sidecar: 0,
      node: 0,
      legacy: 0,
      'control-plane': 0,
      relay: 5,
    },
    hops: { ...hops, parses: hops.parses + (one.parsesMore ?? 0) * requests },
    residentBytes: { s0: 50_000_000, central: 90_000_000, 'sidecar-s0': 60_000_000 },
    void: one.void ?? null,
  };
}

/** Five rounds of each pattern at depths 1 and 3 and two distances, by an additive rule. */
export function wholeRun(change: (one: MadeUp) => MadeUp = (one) => one): JournalEntry[] {
  const price: Readonly<Record<string, readonly [number, number]>> = {
    T0: [1, 0],
    T1: [1, 30],
    T2: [2, 180],
    T3i: [1, 180],
    T3b: [1, 330],
    T4: [1, 330],
  };
  const entries: JournalEntry[] = [startEntry()];
  for (const [topology, [trips, extra]] of Object.entries(price)) {
    for (let round = 0; round < 5; round++) {
      const cells: { calls: number; roundTripMs?: number }[] = [
        { calls: 1 },
        { calls: 3 },
        { calls: 1, roundTripMs: 1 },
        { calls: 1, roundTripMs: 5 },
      ];
      for (const cell of cells) {
        const far = (cell.roundTripMs ?? 0) * 1000 * trips;
        const us = 200 + cell.calls * (300 + extra + far) + round;
        entries.push(measurement(change({ ...cell, topology: topology as TopologyId, round, us })));
      }
    }
  }
  const member = (role: 'service' | 'central' | 'sidecar' | 'node', bytes: number) => ({ role, bytes });
  entries.push({
    type: 'rates',
    key: 'standard',
    policies: 'standard',
    cpuUsPerRequest: {},
    warmUpCalls: 3,
    residentBytes: {
      s0: member('service', 1),
      central: member('central', 1),
      'sidecar-s0': member('sidecar', 1),
      'node-0': member('node', 80_000_000),
    },
  });
  entries.push({ type: 'end', key: 'end', endedAt: 'then', seconds: 10 });
  return entries;
}
