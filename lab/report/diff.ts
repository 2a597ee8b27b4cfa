/** What is different between two runs: cells that both have, told apart only where their intervals are. */
import type { Analysis, Row } from './analysis.ts';

export interface CellDifference {
  readonly cell: string;
  readonly what: 'p50' | 'CPU';
  readonly before: number;
  readonly after: number;
  /** `after / before`. */
  readonly ratio: number;
  readonly verdict: 'slower' | 'faster' | 'no measurable difference';
}

/** CPU time has no interval: it is summed over rounds, and smaller changes are its resolution. */
const CPU_BOUND = 0.1;

export interface RunDifference {
  readonly cells: readonly CellDifference[];
  /** Cells that only one of them has, or that have no valid round in one of them. */
  readonly notCompared: readonly string[];
  /** Why the comparison as a whole is weak. */
  readonly warnings: readonly string[];
}

export function compareRuns(before: Analysis, after: Analysis): RunDifference {
  const rowsOf = ({ sets }: Analysis): Map<string, Row> =>
    new Map(sets.flatMap(({ rows }) => rows).map((row) => [cellName(row), row]));
  const [old, fresh] = [rowsOf(before), rowsOf(after)];
  const cells: CellDifference[] = [];
  const notCompared: string[] = [];
  for (const name of new Set([...old.keys(), ...fresh.keys()])) {
    const [a, b] = [old.get(name), fresh.get(name)];
    if (a === undefined || b === undefined || a.rounds === 0 || b.rounds === 0) {
      notCompared.push(name);
      continue;
    }
    cells.push({
      cell: name,
      what: 'p50',
      before: a.p50Us,
      after: b.p50Us,
      ratio: b.p50Us / a.p50Us,
      verdict: latencyVerdict(a, b),
    });
    const ratio = b.cpuTotalUs / a.cpuTotalUs;
    const changed = Math.abs(ratio - 1) > CPU_BOUND;
    cells.push({
      cell: name,
      what: 'CPU',
      before: a.cpuTotalUs,
      after: b.cpuTotalUs,
      ratio,
      verdict: !changed ? 'no measurable difference' : ratio > 1 ? 'slower' : 'faster',
    });
  }
  const warnings = [];
  const [m, n] = [before.start.machine, after.start.machine];
  for (const field of ['cpu', 'usableCores', 'kernel', 'node'] as const)
    if (m[field] !== n[field]) warnings.push(`different ${field}: ${m[field]}, then ${n[field]}`);
  for (const [which, one] of Object.entries({ first: before, second: after }))
    for (const { name, passed, says } of one.checks)
      if (passed === false) warnings.push(`the ${which} run failed a check, ${name}: ${says}`);
  return { cells, notCompared, warnings };
}

function latencyVerdict(a: Row, b: Row): CellDifference['verdict'] {
  const [before, after] = [a.p50Interval, b.p50Interval];
  if (before === null || after === null) return 'no measurable difference';
  if (after.low > before.high) return 'slower';
  return after.high < before.low ? 'faster' : 'no measurable difference';
}

function cellName({ policies, kind, calls, roundTripMs, hitRatio, topology }: Row): string {
  const distance = roundTripMs === null ? '' : ` ${roundTripMs} ms`;
  const hits = kind === 'hits' ? ` h=${hitRatio}` : '';
  return `${policies} ${kind} ${calls}${distance}${hits} ${topology}`;
}
