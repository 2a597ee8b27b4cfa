/** The tables of a report, as rows of text; Markdown and HTML show the same ones. */
import { PRICES } from '../model/additive.ts';
import type { Role } from '../topologies/environment.ts';
import { TOPOLOGIES } from '../topologies/topology.ts';
import type { Analysis, Row, SetAnalysis } from './analysis.ts';
import { between, difference, mib, ms, percent, whole } from './format.ts';

export interface Table {
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const ROLES: readonly Role[] = ['service', 'central', 'sidecar', 'node', 'legacy'];

export function tablesOf(analysis: Analysis): Table[] {
  const tables = [checkTable(analysis)];
  for (const set of analysis.sets) {
    const { rows } = set;
    const article = set.policies === 'middleware-100ms';
    if (rows.some(({ kind }) => kind === 'depth'))
      tables.push(article ? articleTable(set) : latencyTable(set, 'depth', 'Latency by pattern and depth'));
    if (article) continue;
    if (rows.length === 0 && set.failures.length === 0) continue;
    if (rows.some(({ kind }) => kind === 'fan')) tables.push(latencyTable(set, 'fan', 'Calls at once'));
    if (rows.some(({ kind }) => kind === 'depth')) tables.push(cpuTable(set), hopTable(set));
    if (set.residentByRole.size > 0) tables.push(memoryTable(set));
    if (rows.some(({ kind }) => kind === 'distance')) tables.push(distanceTable(set));
    if (rows.some(({ kind }) => kind === 'hits')) tables.push(hitTable(set));
    if (set.failures.length > 0) tables.push(failureTable(set));
    if (set.latencyFit !== null) tables.push(priceTable(set));
    if (set.heldOut !== null) tables.push(heldOutTable(set));
  }
  return tables;
}

function name({ topology }: Pick<Row, 'topology'>): string {
  return `${topology} ${TOPOLOGIES[topology].title}`;
}

function checkTable({ checks }: Analysis): Table {
  return {
    title: 'Checks',
    note: 'A run is only as good as these.',
    head: ['check', 'passed', 'what it found'],
    rows: checks.map(({ name: check, passed, says }) => [
      check,
      passed === null ? 'not judged' : passed ? 'yes' : 'NO',
      says,
    ]),
  };
}

function roundsOf({ rounds, voided }: Row): string {
  return voided === 0 ? String(rounds) : `${rounds} (${voided} void)`;
}

function latencyTable({ policies, rows }: SetAnalysis, kind: 'depth' | 'fan', title: string): Table {
  return {
    title: `${title}, policies: ${policies}`,
    note: 'Milliseconds from the intended start, no injected distance. Differences are medians of p50 over paired rounds with 95 % intervals.',
    head: ['calls', 'pattern', 'rounds', 'p50', 'p90', 'p99', 'over direct', 'over central'],
    rows: rows
      .filter((row) => row.kind === kind)
      .map((row) => [
        String(row.calls),
        name(row),
        roundsOf(row),
        ms(row.p50Us),
        ms(row.p90Us),
        ms(row.p99Us),
        row.topology === 'T0' ? '' : difference(row.overDirect),
        row.topology === 'T2' ? '' : difference(row.overCentral),
      ]),
  };
}

function articleTable({ rows }: SetAnalysis): Table {
  return {
    title: "The article's example: middleware of 100 ms over seven calls",
    note: 'The middleware takes 100 ms wherever it runs. Milliseconds, p50.',
    head: ['pattern', 'rounds', 'p50', 'p50 per call', 'over central'],
    rows: rows.map((row) => [
      name(row),
      roundsOf(row),
      ms(row.p50Us),
      ms(row.p50Us / row.calls),
      row.topology === 'T2' ? '' : difference(row.overCentral),
    ]),
  };
}

function cpuTable({ policies, rows }: SetAnalysis): Table {
  return {
    title: `CPU time, policies: ${policies}`,
    note: 'Microseconds a request by role, all processes of a role together. The load generator is not in it.',
    head: ['calls', 'pattern', ...ROLES, 'all'],
    rows: rows
      .filter((row) => row.kind === 'depth' && row.rounds > 0)
      .map((row) => [
        String(row.calls),
        name(row),
        ...ROLES.map((role) => (row.cpuUs[role] === 0 ? '' : whole(row.cpuUs[role]))),
        whole(row.cpuTotalUs),
      ]),
  };
}

function hopTable({ policies, rows }: SetAnalysis): Table {
  const pair = (counted: number, expected: number): string =>
    `${counted.toFixed(2)} / ${expected.toFixed(2)}`;
  return {
    title: `Hops of one call, policies: ${policies}`,
    note: 'Counted by the proxies / by the analytic table. T7 has two more parses a request at its entry. Crossings of the network are counted where distance is injected.',
    head: ['cell', 'pattern', 'parses', 'plugin runs', 'network round trips'],
    rows: rows
      .filter((row) => row.rounds > 0 && (row.kind === 'depth' || row.kind === 'distance'))
      .map((row) => [
        row.kind === 'depth' ? `${row.calls} calls` : `${row.roundTripMs} ms`,
        name(row),
        pair(row.parses, row.expected.parses),
        pair(row.chainRuns, row.expected.chainRuns),
        row.kind === 'depth' ? '' : pair(row.crossings, row.expected.crossings),
      ]),
  };
}

function memoryTable({ policies, residentByRole }: SetAnalysis): Table {
  return {
    title: `Resident memory, policies: ${policies}`,
    note: 'After the load. A pattern needs one central gateway for all, one node proxy a node, one sidecar an instance.',
    head: ['role', 'processes', 'median of one', 'all'],
    rows: [...residentByRole]
      .filter(([role]) => role !== 'relay')
      .map(([role, { medianBytes, processes }]) => [
        role === 'embedded' ? 'service with plugins in its process' : role,
        String(processes),
        mib(medianBytes),
        mib(medianBytes * processes),
      ]),
  };
}

function distanceTable(set: SetAnalysis): Table {
  const { crossover, calibration, policies } = set;
  const star =
    crossover === null
      ? 'R* is not identified by this run.'
      : `Sidecars on both sides take as long as the central gateway at a round trip of R* = ${crossover.roundTripMs.middle.toFixed(2)} ms (${between(crossover.roundTripMs, 2)}); above it they are faster.`;
  return {
    title: `Distance between hosts, policies: ${policies}`,
    note: `One call. ${star}`,
    head: ['round trip wanted', 'really', 'pattern', 'rounds', 'p50', 'over direct', 'over central'],
    rows: set.rows
      .filter((row) => row.kind === 'distance')
      .map((row) => {
        const known = calibration?.calibrations.find(({ wantedMs }) => wantedMs === row.roundTripMs);
        return [
          `${row.roundTripMs} ms`,
          known === undefined ? '–' : `${known.effectiveMs.toFixed(2)} ± ${known.errorP95Ms.toFixed(2)} ms`,
          name(row),
          roundsOf(row),
          ms(row.p50Us),
          row.topology === 'T0' ? '' : difference(row.overDirect),
          row.topology === 'T2' ? '' : difference(row.overCentral),
        ];
      }),
  };
}

function hitTable({ policies, rows }: SetAnalysis): Table {
  return {
    title: `Legacy microgateway by hit ratio, policies: ${policies}`,
    note: 'One call, no injected distance: what asking the centre costs even next door.',
    head: ['hit ratio', 'rounds', 'p50', 'p99', 'CPU us a request', 'questions a call'],
    rows: rows
      .filter((row) => row.kind === 'hits')
      .map((row) => [
        String(row.hitRatio),
        roundsOf(row),
        ms(row.p50Us),
        ms(row.p99Us),
        whole(row.cpuTotalUs),
        row.rounds === 0 ? '–' : row.chainRuns.toFixed(2),
      ]),
  };
}

function failureTable({ policies, failures }: SetAnalysis): Table {
  return {
    title: `A process is killed, policies: ${policies}`,
    note: 'SIGKILL under load; a supervisor starts it again after 0.3 s. Three pairs of services call each other. T6 knows nine of ten verdicts. Times are in steps of 0.1 s.',
    head: ['pattern', 'killed', 'pairs hit', 'failed of all requests', 'failing for', 'process ready after'],
    rows: failures.map(({ topology, kills, radius, killedAtMs, readyAtMs }) => [
      name({ topology }),
      kills,
      `${radius.pairsHit} of ${radius.pairs}`,
      percent(radius.failedShare),
      radius.unrecovered ? `${whole(radius.failingMs)} ms and on` : `${whole(radius.failingMs)} ms`,
      readyAtMs === null ? '–' : `${whole(readyAtMs - killedAtMs)} ms`,
    ]),
  };
}

function priceTable({ policies, latencyFit, cpuFit }: SetAnalysis): Table {
  const price = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'not determined' : whole(value);
  return {
    title: `Prices fitted from the run, policies: ${policies}`,
    note: `One price list for all patterns. Largest residual: latency ${percent(latencyFit?.worstResidual ?? Number.NaN)}, CPU ${percent(cpuFit?.worstResidual ?? Number.NaN)}.`,
    head: ['component', 'latency us (p50)', 'CPU us'],
    rows: PRICES.map((name) => [
      name,
      price(latencyFit?.prices[name]),
      name.startsWith('network') ? '' : price(cpuFit?.prices[name]),
    ]),
  };
}

function heldOutTable({ policies, heldOut }: SetAnalysis): Table {
  const cells = heldOut?.cells ?? [];
  return {
    title: `Prediction of a pattern that was held out, policies: ${policies}`,
    note: `${heldOut?.topology} predicted from all others; median error ${percent(heldOut?.error ?? Number.NaN)}.`,
    head: ['calls', 'round trip', 'measured', 'predicted', 'error'],
    rows: cells.map(({ calls, roundTripMs, measured, predicted }) => [
      String(calls),
      `${roundTripMs.toFixed(2)} ms`,
      `${ms(measured)} ms`,
      `${ms(predicted)} ms`,
      percent((predicted - measured) / measured),
    ]),
  };
}
