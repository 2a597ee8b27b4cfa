/** The report for people: one table for each scenario, remarks below it, then the verdicts. */

import { median, pairedRatio, spread } from '../../lab/measure/statistics.ts';
import { cpuRounds, type Judgement, throughputRounds } from './budgets.ts';
import type {
  CompileResult,
  Entry,
  LatencyResult,
  LoadResult,
  MemoryResult,
  RunResult,
  ScenarioResult,
  StartResult,
} from './results.ts';
import { columns, megabytes, microseconds, milliseconds, table, whole } from './table.ts';

/** Use of the proxy's core by others above which a run is worth a warning. */
const NOISY = 0.1;

export function heading(
  run: Pick<RunResult, 'machine' | 'placement' | 'versions' | 'command' | 'commit'>,
): string {
  const { machine, versions } = run;
  const memory = `${Math.round(machine.memoryBytes / 1024 ** 3)} GB`;
  const lines = [
    `machine    ${machine.cpu}, ${machine.cores} cores (${machine.usableCores} usable), ${memory}, Linux ${machine.kernel}`,
    `placement  ${run.placement}`,
    `versions   ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · ')}`,
    `command    ${run.command}   commit ${run.commit}`,
  ];
  if (machine.loadBefore > 0.5) {
    lines.push(
      `! load average ${machine.loadBefore.toFixed(1)} before the run: something else uses this machine`,
    );
  }
  return lines.join('\n');
}

export function scenarioText(result: ScenarioResult): string {
  const body = result.entries.length === 0 ? 'nothing to measure' : bodyOf(result);
  const skipped = result.skipped.map(
    ({ contestant, reason, broken }) =>
      `${broken ? '!' : '-'} ${contestant}: ${broken ? 'failed: ' : 'skipped: '}${reason}`,
  );
  return [`${result.scenario}   ${result.what}`, '', body, ...skipped].join('\n');
}

function bodyOf(result: ScenarioResult): string {
  switch (result.kind) {
    case 'load':
      return loadText(result);
    case 'memory':
      return memoryText(result);
    case 'start':
      return startText(result);
    case 'compile':
      return compileText(result);
    case 'latency':
      return latencyText(result);
  }
}

function loadText(result: LoadResult): string {
  const reference = result.entries.find(({ name }) => name === result.reference);
  const byThroughput = result.scenario === 'workers-2';
  const of = byThroughput ? throughputRounds : cpuRounds;
  const rows = result.entries.map((entry) => {
    if (entry.rounds.length === 0) return [entry.name];
    const cpu = spread(entry.rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest));
    const ratio = reference === undefined ? null : pairedRatio(of(entry), of(reference));
    const middle = (read: (round: Entry['rounds'][number]) => number): number =>
      median(entry.rounds.map(read));
    return [
      entry.name,
      microseconds(cpu.median),
      `${microseconds(cpu.min)}-${microseconds(cpu.max)}`,
      ratio === null ? '-' : ratio.median.toFixed(2),
      whole(middle(({ requestsPerSecond }) => requestsPerSecond)),
      milliseconds(middle(({ wrk }) => wrk.p50Us / 1000)),
      milliseconds(middle(({ wrk }) => wrk.p99Us / 1000)),
      megabytes(middle(({ residentBytes }) => residentBytes)),
      entry.faults.length > 0 ? 'VOID' : '',
    ];
  });
  const ratioTitle = `x ${shortReference(result.reference)}${byThroughput ? ' (req/s)' : ''}`;
  const lines = [
    table(columns('', 'CPU us/req', 'range', ratioTitle, 'req/s', 'p50', 'p99', 'memory', '<'), rows),
    ...result.entries.flatMap(({ name, faults }) => faults.map((fault) => `! ${name}: ${fault}`)),
  ];
  const foreign = result.entries.flatMap(({ rounds }) => rounds.map((round) => round.foreignCpu ?? 0));
  const worst = Math.max(0, ...foreign);
  if (worst > NOISY) {
    lines.push(
      `! others used up to ${Math.round(worst * 100)} % of the proxy's core: compare ratios, not absolute numbers`,
    );
  }
  return lines.join('\n');
}

function shortReference(reference: string): string {
  return reference.includes(' ') ? 'first' : reference || 'reference';
}

function memoryText(result: MemoryResult): string {
  return table(
    columns('', 'idle', 'after load', 'peak', 'requests', 'req/s', '<'),
    result.entries.map((entry) => [
      entry.contestant,
      megabytes(entry.idleBytes),
      megabytes(entry.afterBytes),
      megabytes(entry.peakBytes),
      whole(entry.requests),
      whole(entry.requests / entry.seconds),
      entry.faults[0] ?? '',
    ]),
  );
}

function startText(result: StartResult): string {
  return table(
    columns('', 'ready', 'first proxied', 'range'),
    result.entries.map(({ contestant, readyMs, firstProxiedMs }) => {
      const ready = readyMs.filter((ms) => ms !== null);
      const { median: middle, min, max } = spread(firstProxiedMs);
      return [
        contestant,
        ready.length === 0 ? '-' : milliseconds(median(ready), 0),
        milliseconds(middle, 0),
        `${min.toFixed(0)}-${milliseconds(max, 0)}`,
      ];
    }),
  );
}

function compileText(result: CompileResult): string {
  return table(
    columns('', 'routes', 'reload', 'range', 'slowest request', 'without reload', 'failed'),
    result.entries.map((entry) => {
      const reload = spread(entry.reloadMs);
      return [
        entry.contestant,
        whole(entry.routes),
        milliseconds(reload.median, 0),
        `${reload.min.toFixed(0)}-${milliseconds(reload.max, 0)}`,
        milliseconds(spread(entry.slowestMs).median, 1),
        milliseconds(entry.quietSlowestMs, 1),
        whole(entry.failedRequests),
      ];
    }),
  );
}

function latencyText(result: LatencyResult): string {
  const rows = result.entries.map((entry) => {
    const valid = entry.rounds.filter((round) => round.void === null);
    const middle = (read: (round: (typeof valid)[number]) => number): number =>
      valid.length === 0 ? Number.NaN : median(valid.map(read)) / 1000;
    const added = (ms: number): string =>
      Number.isFinite(ms) ? `${ms < 0 ? '' : '+'}${milliseconds(ms)}` : '-';
    return [
      entry.contestant,
      whole(entry.rate),
      milliseconds(middle(({ direct }) => direct.p50Us)),
      milliseconds(middle(({ proxied }) => proxied.p50Us)),
      added(middle(({ direct, proxied }) => proxied.p50Us - direct.p50Us)),
      milliseconds(middle(({ direct }) => direct.p99Us)),
      milliseconds(middle(({ proxied }) => proxied.p99Us)),
      added(middle(({ direct, proxied }) => proxied.p99Us - direct.p99Us)),
      `${valid.length}/${entry.rounds.length}`,
    ];
  });
  const titles = [
    '',
    'req/s',
    'direct p50',
    'p50',
    'added p50',
    'direct p99',
    'p99',
    'added p99',
    'valid rounds',
  ];
  const remarks = result.entries.flatMap(({ contestant, rounds }) =>
    rounds.flatMap((round) =>
      round.void === null ? [] : [`! ${contestant}: round ${round.round + 1}: ${round.void}`],
    ),
  );
  return [table(columns(...titles), rows), ...remarks].join('\n');
}

export function judgementText(judgements: readonly Judgement[]): string {
  const limit = (judgement: Judgement, value: number | null): string =>
    value === null ? '-' : `${judgement.bound === 'most' ? '<=' : '>='} ${value}`;
  const rows = judgements.map((judgement) => [
    judgement.what,
    judgement.value === null
      ? '-'
      : `${judgement.value.toFixed(judgement.value < 10 ? 2 : 0)} ${judgement.unit}`,
    limit(judgement, judgement.must),
    limit(judgement, judgement.aim),
    judgement.verdict,
    judgement.note,
  ]);
  return `budgets\n\n${table(columns('', 'measured', 'must', 'aim', 'verdict<', '<'), rows)}`;
}
