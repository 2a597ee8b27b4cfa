/**
 * Checks on the whole of a run. One that fails does not change a number: it says that the numbers are not to be relied
 * upon, and why.
 */
import type { MeasurementEntry } from '../run/records.ts';
import { TOPOLOGIES } from '../topologies/topology.ts';
import type { Row, SetAnalysis } from './analysis.ts';

export interface Check {
  readonly name: string;
  /** Null: nothing was measured that it could be judged by. */
  readonly passed: boolean | null;
  readonly says: string;
}

/** The additive model may be off by that much, else: investigate. */
export const RESIDUAL_BOUND = 0.15;

export function checksOf(sets: readonly SetAnalysis[], measurements: readonly MeasurementEntry[]): Check[] {
  const checks = [voidCheck(measurements)];
  for (const set of sets) {
    checks.push(verdictCheck(set), hopCheck(set), directCheck(set), depthCheck(set), residualCheck(set));
  }
  return checks;
}

function voidCheck(measurements: readonly MeasurementEntry[]): Check {
  const voided = measurements.filter((one) => one.void !== null).length;
  return {
    name: 'validity gates',
    passed: measurements.length === 0 ? null : voided === 0,
    says:
      voided === 0
        ? `all ${measurements.length} measurements passed (lag, load of the generator, rate, errors, Little's law, hops)`
        : `${voided} of ${measurements.length} measurements are void and count nowhere; others were made in their place as far as time allowed`,
  };
}

function verdictCheck({ policies, verdicts }: SetAnalysis): Check {
  const name = `${policies}: equal verdicts`;
  if (verdicts === undefined) return { name, passed: null, says: 'not compared' };
  const expected = ({ topology }: { readonly topology: keyof typeof TOPOLOGIES }): boolean =>
    TOPOLOGIES[topology].enforcesNothing !== null;
  const wrong = verdicts.verdicts.filter((one) => one.differences.length > 0 && !expected(one));
  const compared = verdicts.verdicts.filter(
    (one) => one.comparedWith !== null && one.differences.length === 0,
  );
  if (compared.length === 0 && wrong.length === 0)
    return { name, passed: null, says: 'only one pattern enforces anything: nothing to compare' };
  return {
    name,
    passed: wrong.length === 0,
    says:
      wrong.length === 0
        ? `${compared.map(({ topology }) => topology).join(', ')} answered ${verdicts.verdicts[0]?.requests} requests as ${compared[0]?.comparedWith ?? 'the reference'} did, status and body`
        : wrong.map(({ topology, differences }) => `${topology}: ${differences[0]}`).join('; '),
  };
}

function hopCheck({ policies, rows }: SetAnalysis): Check {
  const name = `${policies}: hops as in the table`;
  const counted = rows.filter(({ rounds }) => rounds > 0);
  const wrong = counted.filter(
    (row) =>
      // The legacy check rounds its share of questions; single rounds have been judged already.
      Math.abs(row.parses - row.expected.parses) > (row.topology === 'T6' ? 0.05 : 1e-6) ||
      Math.abs(row.crossings - row.expected.crossings) > (row.topology === 'T6' ? 0.05 : 1e-6),
  );
  return {
    name,
    passed: counted.length === 0 ? null : wrong.length === 0,
    says:
      wrong.length === 0
        ? `parses, plugin runs and crossings of ${counted.length} cells are those of the model`
        : `${wrong[0]!.topology} parsed ${wrong[0]!.parses.toFixed(3)} times a call, the model says ${wrong[0]!.expected.parses}`,
  };
}

function directCheck({ policies, rows }: SetAnalysis): Check {
  const name = `${policies}: direct is fastest at p50`;
  const judged = rows.filter((row) => row.overDirect !== null);
  const wrong = judged.filter(({ overDirect }) => overDirect!.real && overDirect!.middle < 0);
  return {
    name,
    passed: judged.length === 0 ? null : wrong.length === 0,
    says:
      wrong.length === 0
        ? `no pattern was faster than direct calls beyond its interval (${judged.length} comparisons)`
        : wrong
            .map((row) => `${row.topology} at ${row.calls} calls by ${-row.overDirect!.middle} us`)
            .join('; '),
  };
}

function depthCheck({ policies, rows }: SetAnalysis): Check {
  const name = `${policies}: more calls take longer`;
  const chains = Map.groupBy(
    rows.filter(({ kind, rounds }) => kind === 'depth' && rounds > 0),
    ({ topology }) => topology,
  );
  const wrong: string[] = [];
  let judged = 0;
  for (const [topology, list] of chains) {
    const sorted = list.toSorted((a: Row, b: Row) => a.calls - b.calls);
    for (let at = 1; at < sorted.length; at++) {
      judged++;
      if (sorted[at]!.p50Us <= sorted[at - 1]!.p50Us)
        wrong.push(`${topology}: ${sorted[at]!.calls} calls took no longer than ${sorted[at - 1]!.calls}`);
    }
  }
  return {
    name,
    passed: judged === 0 ? null : wrong.length === 0,
    says: wrong.length === 0 ? `p50 grows with depth in ${chains.size} patterns` : wrong.join('; '),
  };
}

function residualCheck({ policies, latencyFit }: SetAnalysis): Check {
  const name = `${policies}: additive model`;
  if (latencyFit === null) return { name, passed: null, says: 'too few cells to fit it' };
  const { worstResidual, observations } = latencyFit;
  return {
    name,
    passed: worstResidual <= RESIDUAL_BOUND,
    says: `its largest residual over ${observations} cells is ${(worstResidual * 100).toFixed(1)} % (bound ${RESIDUAL_BOUND * 100} %)`,
  };
}
