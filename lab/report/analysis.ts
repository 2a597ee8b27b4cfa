/**
 * From what was measured to what can be said. Every number of every report comes from here; nothing is measured or
 * left out here but by the gates, and what is void or missing is listed.
 */
import { bootstrap, type Interval, isReal, pairedDifference } from '../measure/bootstrap.ts';
import { Histogram } from '../measure/histogram.ts';
import { median } from '../measure/statistics.ts';
import { type AdditiveFit, fitAdditive, type HeldOut, holdOut, type Observation } from '../model/additive.ts';
import { type Crossover, crossover } from '../model/crossover.ts';
import { expectedHops } from '../model/hops.ts';
import type { Cell } from '../run/plan.ts';
import type {
  CalibrationEntry,
  EndEntry,
  FailureEntry,
  JournalEntry,
  MeasurementEntry,
  RatesEntry,
  StartEntry,
  VerdictsEntry,
} from '../run/records.ts';
import type { Role } from '../topologies/environment.ts';
import { TOPOLOGY_IDS, type TopologyId } from '../topologies/topology.ts';
import { type BlastRadius, blastRadius } from './blast-radius.ts';
import { caveatsOf } from './caveats.ts';
import { type Check, checksOf } from './checks.ts';

/** Below this a difference is the clock's and the histogram's. */
export const TIMER_ERROR_US = 10;

export interface Difference extends Interval {
  readonly real: boolean;
}

export interface Row {
  readonly policies: string;
  readonly kind: Cell['kind'];
  readonly calls: number;
  readonly roundTripMs: number | null;
  readonly hitRatio: number;
  readonly topology: TopologyId;
  readonly rate: number;
  readonly rounds: number;
  readonly voided: number;
  readonly requests: number;
  readonly p50Us: number;
  readonly p50Interval: Interval | null;
  readonly p90Us: number;
  readonly p99Us: number;
  /** Null with fewer than 10,000 requests. */
  readonly p999Us: number | null;
  readonly maxUs: number;
  readonly overDirect: Difference | null;
  readonly overCentral: Difference | null;
  /** Microseconds a request, by role; the relay, which stands for a network, is not in the total. */
  readonly cpuUs: Readonly<Record<Role, number>>;
  readonly cpuTotalUs: number;
  /** Per call. */
  readonly parses: number;
  readonly chainRuns: number;
  readonly crossings: number;
  readonly expected: { readonly parses: number; readonly chainRuns: number; readonly crossings: number };
  readonly histogram: Histogram;
  readonly p50ByRound: ReadonlyMap<number, number>;
}

export interface SetAnalysis {
  readonly policies: string;
  readonly rows: readonly Row[];
  readonly verdicts: VerdictsEntry | undefined;
  readonly rates: RatesEntry | undefined;
  readonly calibration: CalibrationEntry | undefined;
  readonly crossover: Crossover | null;
  readonly latencyFit: AdditiveFit | null;
  readonly cpuFit: AdditiveFit | null;
  readonly heldOut: HeldOut | null;
  /** By role; `embedded`: services that have the plugins in their process (T1). */
  readonly residentByRole: ReadonlyMap<
    Role | 'embedded',
    { readonly medianBytes: number; readonly processes: number }
  >;
  readonly failures: readonly (FailureEntry & { readonly radius: BlastRadius })[];
}

export interface Analysis {
  readonly start: StartEntry;
  readonly end: EndEntry | undefined;
  readonly sets: readonly SetAnalysis[];
  readonly voids: readonly { readonly key: string; readonly reason: string }[];
  readonly checks: readonly Check[];
  readonly caveats: readonly string[];
}

export function analyse(entries: readonly JournalEntry[]): Analysis {
  const start = entries[0] as StartEntry;
  const end = entries.findLast((entry) => entry.type === 'end');
  const measurements = entries.filter((entry) => entry.type === 'measurement');
  const sets = start.plan.environments.map(({ policies }) => analyseSet(policies, entries, measurements));
  const voids = measurements
    .filter((one) => one.void !== null)
    .map((one) => ({ key: one.key, reason: one.void ?? '' }));
  const checks = checksOf(sets, measurements);
  return { start, end, sets, voids, checks, caveats: caveatsOf(start, end, sets, measurements) };
}

function analyseSet(
  policies: string,
  entries: readonly JournalEntry[],
  all: readonly MeasurementEntry[],
): SetAnalysis {
  const own = all.filter((one) => one.policies === policies);
  const verdicts = entryFor('verdicts', policies, entries);
  const rates = entryFor('rates', policies, entries);
  const calibration = entryFor('calibration', policies, entries);
  const cells = Map.groupBy(own, cellKey);
  const plugins = own.some(({ hops }) => hops.chainRuns > 0);
  const rows = [...cells.values()].flatMap((cell) => rowsOf(cell, plugins));
  rows.sort(
    (a, b) =>
      a.kind.localeCompare(b.kind) ||
      a.calls - b.calls ||
      (a.roundTripMs ?? -1) - (b.roundTripMs ?? -1) ||
      a.hitRatio - b.hitRatio ||
      TOPOLOGY_IDS.indexOf(a.topology) - TOPOLOGY_IDS.indexOf(b.topology),
  );
  const distanceOf = (row: Row): number => effectiveMs(row.roundTripMs, calibration);
  const observe = (value: (row: Row) => number): Observation[] =>
    rows
      .filter((row) => row.rounds > 0 && Number.isFinite(value(row)) && value(row) > 0)
      .map((row) => ({
        topology: row.topology,
        calls: row.calls,
        atOnce: row.kind === 'fan',
        roundTripMs: distanceOf(row),
        hitRatio: row.hitRatio,
        withPlugins: plugins,
        value: value(row),
      }));
  const latency = observe(({ p50Us }) => p50Us);
  const cpu = observe(({ cpuTotalUs }) => cpuTotalUs).map((one) => ({
    ...one,
    roundTripMs: 0,
    atOnce: false,
  }));
  return {
    policies,
    rows,
    verdicts,
    rates,
    calibration,
    crossover: crossover(distancePoints(rows, distanceOf)),
    latencyFit: fitAdditive(latency),
    cpuFit: fitAdditive(cpu),
    heldOut: holdOut(latency, 'T3b'),
    residentByRole: residentByRole(
      own,
      rates,
      verdicts?.verdicts.some(({ topology }) => topology === 'T1') === true,
    ),
    failures: entries
      .filter((entry) => entry.type === 'failure')
      .filter((entry) => entry.policies === policies)
      .map((entry) => ({ ...entry, radius: blastRadius(entry) })),
  };
}

function entryFor<T extends 'verdicts' | 'rates' | 'calibration'>(
  type: T,
  policies: string,
  entries: readonly JournalEntry[],
): Extract<JournalEntry, { readonly type: T }> | undefined {
  return entries.find(
    (entry): entry is Extract<JournalEntry, { readonly type: T }> =>
      entry.type === type && (entry as { readonly policies?: string }).policies === policies,
  );
}

function cellKey({ cell }: MeasurementEntry): string {
  const hits = cell.kind === 'hits' ? cell.hitRatio : '';
  return [cell.kind, cell.calls, cell.roundTripMs ?? 'near', hits].join('|');
}

/** What was really injected; 0 without a relay. */
export function effectiveMs(roundTripMs: number | null, calibration: CalibrationEntry | undefined): number {
  if (roundTripMs === null) return 0;
  const known = calibration?.calibrations.find(({ wantedMs }) => wantedMs === roundTripMs);
  return known?.effectiveMs ?? roundTripMs;
}

function rowsOf(cell: readonly MeasurementEntry[], plugins: boolean): Row[] {
  const byTopology = Map.groupBy(cell, ({ topology }) => topology);
  const valid = new Map(
    [...byTopology].map(([topology, list]) => [topology, list.filter((one) => one.void === null)]),
  );
  const p50s = new Map(
    [...valid].map(([topology, list]) => [topology, new Map(list.map((one) => [one.round, one.p50Us]))]),
  );
  return [...byTopology].map(([topology, list]): Row => {
    const counted = valid.get(topology) ?? [];
    const first = list[0]!;
    const histogram = Histogram.merged(counted.map(({ latency }) => latency));
    const requests = counted.reduce((sum, one) => sum + one.requests, 0);
    const calls = requests * first.cell.calls;
    const own = p50s.get(topology)!;
    const against = (reference: TopologyId): Difference | null => {
      const other = p50s.get(reference);
      if (other === undefined || reference === topology) return null;
      const interval = pairedDifference(own, other);
      return interval === null ? null : { ...interval, real: isReal(interval, TIMER_ERROR_US) };
    };
    const cpuUs = cpuByRole(counted, requests);
    const expected = expectedHops(topology, first.cell, 1, plugins);
    const hops = (name: 'parses' | 'chainRuns' | 'crossings'): number =>
      counted.reduce((sum, one) => sum + one.hops[name], 0) / calls;
    return {
      policies: first.policies,
      kind: first.cell.kind,
      calls: first.cell.calls,
      roundTripMs: first.cell.roundTripMs,
      hitRatio: first.cell.hitRatio,
      topology,
      rate: first.rate,
      rounds: counted.length,
      voided: list.length - counted.length,
      requests: histogram.total,
      p50Us: histogram.quantileUs(0.5),
      p50Interval: bootstrap([...own.values()], median),
      p90Us: histogram.quantileUs(0.9),
      p99Us: histogram.quantileUs(0.99),
      p999Us: histogram.total < 10_000 ? null : histogram.quantileUs(0.999),
      maxUs: histogram.maxUs,
      overDirect: against('T0'),
      overCentral: against('T2'),
      cpuUs,
      cpuTotalUs: Object.entries(cpuUs).reduce((sum, [role, us]) => (role === 'relay' ? sum : sum + us), 0),
      parses: hops('parses'),
      chainRuns: hops('chainRuns'),
      crossings: hops('crossings'),
      expected: {
        parses: expected.parses / first.cell.calls,
        chainRuns: expected.chainRuns / first.cell.calls,
        crossings: expected.crossings / first.cell.calls,
      },
      histogram,
      p50ByRound: own,
    };
  });
}

function cpuByRole(counted: readonly MeasurementEntry[], requests: number): Record<Role, number> {
  const cpuUs: Record<Role, number> = {
    service: 0,
    central: 0,
    sidecar: 0,
    node: 0,
    legacy: 0,
    'control-plane': 0,
    relay: 0,
  };
  for (const one of counted)
    for (const role of Object.keys(cpuUs) as Role[]) cpuUs[role] += one.cpuUs[role] / Math.max(1, requests);
  return cpuUs;
}

function distancePoints(rows: readonly Row[], distanceOf: (row: Row) => number) {
  const points = [];
  for (const sidecars of rows) {
    if (sidecars.kind !== 'distance' || sidecars.topology !== 'T3b') continue;
    const centre = rows.find(
      (row) => row.kind === 'distance' && row.topology === 'T2' && row.roundTripMs === sidecars.roundTripMs,
    );
    for (const [round, us] of sidecars.p50ByRound) {
      const other = centre?.p50ByRound.get(round);
      if (other !== undefined)
        points.push({ round, roundTripMs: distanceOf(sidecars), differenceUs: us - other });
    }
  }
  return points;
}

function residentByRole(
  measurements: readonly MeasurementEntry[],
  rates: RatesEntry | undefined,
  embedded: boolean,
): ReadonlyMap<Role | 'embedded', { medianBytes: number; processes: number }> {
  // The last look at each process, after it has worked.
  const last = new Map<string, number>();
  for (const { residentBytes } of measurements)
    for (const [name, bytes] of Object.entries(residentBytes)) if (bytes > 0) last.set(name, bytes);
  const byRole = new Map<Role | 'embedded', number[]>();
  for (const [name, { role, bytes }] of Object.entries(rates?.residentBytes ?? {})) {
    // The first service is called by nobody, and so has no plugins.
    const label = embedded && role === 'service' && name !== 's0' ? 'embedded' : role;
    const list = byRole.get(label) ?? [];
    list.push(last.get(name) ?? bytes);
    byRole.set(label, list);
  }
  return new Map(
    [...byRole].map(([role, list]) => [role, { medianBytes: median(list), processes: list.length }]),
  );
}
