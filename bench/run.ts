/**
 * `npm run bench`: starts the origin and every contestant, runs the scenarios, prints tables, writes JSON.
 * Results go to standard output, progress to standard error. Whatever happens, nothing it has started
 * stays behind.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { allowedCores, pinSelf, place } from '../lab/measure/placement.ts';
import { killAll } from '../lab/measure/processes.ts';
import { hasProgram } from './contestants/programs.ts';
import { HELP, type Options, parseOptions, UsageError } from './options.ts';
import { startOrigin } from './origin/origin.ts';
import { judgeAll, passes } from './report/budgets.ts';
import { commit, describeMachine, describePlacement, versions } from './report/machine.ts';
import { type RunResult, SCHEMA_VERSION, type ScenarioResult } from './report/results.ts';
import { heading, judgementText, scenarioText } from './report/text.ts';
import type { Bench } from './scenarios/bench.ts';

const NEEDED = { wrk: 'wrk', nginx: 'nginx', taskset: 'util-linux' } as const;

const FULL = { roundSeconds: 4, warmUp: { requests: 80_000, maxSeconds: 8 } } as const;
const QUICK = { roundSeconds: 1, warmUp: { requests: 30_000, maxSeconds: 4 } } as const;

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 64;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const missing = Object.entries(NEEDED).filter(([program]) => !hasProgram(program));
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(', ');
    const packages = missing.map(([, debianPackage]) => debianPackage).join(' ');
    process.stderr.write(`not installed: ${names}\n  apt-get install ${packages}\n`);
    return 69;
  }

  // In memory where there is such a file system: the access log and large bodies measure proxies, not the disk.
  const workDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cardinal-bench-'));
  process.on('exit', () => {
    killAll();
    rmSync(workDir, { recursive: true, force: true });
  });
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  return run(options, workDir);
}

async function run(options: Options, workDir: string): Promise<number> {
  const startedAt = new Date();
  const placement = place(allowedCores());
  const facts = {
    machine: describeMachine(placement),
    placement: describePlacement(placement),
    versions: versions(options.contestants),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    commit: commit(),
  };
  pinSelf(placement);
  print(heading(facts));

  const { roundSeconds, warmUp } = options.quick ? QUICK : FULL;
  const results: ScenarioResult[] = [];
  const bench: Bench = {
    placement,
    origin: await startOrigin(workDir, placement),
    workDir,
    quick: options.quick,
    rounds: options.rounds,
    roundSeconds,
    warmUp,
    contestants: options.contestants,
    named: options.named,
    progress,
  };
  print(
    `rounds     ${options.rounds} of ${roundSeconds} s each after a warm-up of ${warmUp.requests.toLocaleString('en')} requests ` +
      `(at most ${warmUp.maxSeconds} s); full load: wrk -t1 -c64`,
  );
  for (const scenario of options.scenarios) {
    const result = await scenario.run(bench);
    results.push(result);
    progress('');
    print(`\n${scenarioText(result)}`);
  }

  const result: RunResult = {
    schemaVersion: SCHEMA_VERSION,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    ...facts,
    quick: options.quick,
    scenarios: results,
  };
  const judgements = judgeAll(result);
  const file = options.json ?? defaultFile(startedAt);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...result, budgets: judgements }, null, 1)}\n`);
  if (options.check) print(`\n${judgementText(judgements)}`);
  print(`\nresults    ${file}   ${Math.round(result.seconds)} s`);
  if (!options.check) return 0;
  if (passes(judgements)) return 0;
  const missed = judgements.filter(({ verdict }) => verdict === 'missed').length;
  process.stderr.write(missed > 0 ? `${missed} budgets are missed\n` : 'no budget could be judged\n');
  return 1;
}

/** Git ignores `*.local.json`: results that are to be kept are renamed on purpose. */
function defaultFile(startedAt: Date): string {
  const stamp = startedAt.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return join(import.meta.dirname, 'results', `${stamp}-${hostname()}.local.json`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

let lastProgressMs = 0;

/** On a terminal one line that is written over; otherwise a line every ten seconds. */
function progress(line: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${line}`);
  } else if (line !== '' && Date.now() - lastProgressMs > 10_000) {
    lastProgressMs = Date.now();
    process.stderr.write(`${line}\n`);
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`);
  process.exit(1);
}
