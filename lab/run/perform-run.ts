/**
 * `cardinal lab run`, from its flags to its files. Ctrl+C ends it in order: what has been measured is kept and marked as
 * partial, and every process that was started is gone.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call, Io } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { Generator } from '../load/generator.ts';
import { allowedCores, pinSelf, place } from '../measure/placement.ts';
import { killAll } from '../measure/processes.ts';
import { type RunOptions, runOptions } from '../options.ts';
import { ownPolicySet } from '../policies/own-policy-set.ts';
import { builtInPolicySet, type PolicySet, type PolicySetName } from '../policies/policy-set.ts';
import { Journal } from './journal.ts';
import { describeMachine } from './machine.ts';
import { makePlan, type Plan } from './plan.ts';
import { type JournalEntry, SCHEMA_VERSION, type StartEntry } from './records.ts';
import { runPlan } from './run.ts';

export const RESULTS = 'lab-results';
const PROGRESS_EVERY_MS = 5000;

export async function performRun(call: Call): Promise<number> {
  const { io } = call;
  if (process.platform !== 'linux')
    throw new CliError('cardinal lab run needs Linux: CPU time and memory come from /proc', {
      exitCode: EXIT.unavailable,
    });
  const options = runOptions(call);
  const placement = place(allowedCores());
  const { directory, journal, plan } = openJournal(options, call, placement);
  // In memory where there is such a file system: access logs measure plugins, not the disk.
  const workDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cardinal-lab-'));
  const interrupt = new AbortController();
  const progress = progressLine(io);
  const leave = (): void => {
    killAll();
    rmSync(workDir, { recursive: true, force: true });
  };
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    progress('');
    io.writeError('\nstopping; what has been measured is kept (again to end at once)\n');
    interrupt.abort(new Error('interrupted'));
    // Whatever is being waited for then fails, and the run ends in order.
    killAll();
  };
  process.once('exit', leave);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  pinSelf(placement);
  const generator = new Generator(placement.load);
  const startedMs = performance.now();
  let failure: unknown;
  try {
    await runPlan({
      plan,
      journal,
      generator,
      placement,
      directory: workDir,
      portBase: options.portBase,
      policySet: (name, folder) => policySetOf(plan, name, folder, io),
      startedMs,
      signal: interrupt.signal,
      progress,
      notice: (text) => {
        progress('');
        io.writeError(`${text}\n`);
      },
    });
    journal.append({
      type: 'end',
      key: 'end',
      endedAt: new Date().toISOString(),
      seconds: Math.round((performance.now() - startedMs) / 1000),
    });
  } catch (error) {
    failure = error;
  } finally {
    generator.stop();
    journal.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    progress('');
    leave();
    process.off('exit', leave);
  }
  const { writeReports } = await import('../report/write-reports.ts');
  const files = writeReports(directory, journal.entries);
  for (const file of files) io.write(`${relative(io.cwd, file)}\n`);
  const again = `go on with it: cardinal lab run --resume ${relative(io.cwd, directory)}`;
  if (interrupt.signal.aborted) {
    io.writeError(`interrupted: the results are partial and say so\n  = help: ${again}\n`);
    return EXIT.interrupted;
  }
  if (failure === undefined) return EXIT.ok;
  if (failure instanceof CliError)
    throw new CliError(failure.message, {
      exitCode: failure.exitCode as never,
      help: [...failure.help, again],
    });
  throw new CliError(failure instanceof Error ? failure.message : String(failure), {
    help: [again],
    cause: failure,
  });
}

function openJournal(
  options: RunOptions,
  call: Call,
  placement: ReturnType<typeof place>,
): { directory: string; journal: Journal; plan: Plan } {
  if (options.resume !== undefined) {
    const journal = Journal.resume(join(options.resume, 'journal.jsonl'));
    if (journal.has({ type: 'end', key: 'end' })) {
      journal.close();
      throw new CliError(`the run in ${relative(call.io.cwd, options.resume) || '.'} is complete`, {
        exitCode: EXIT.usage,
        help: ['its reports: cardinal lab report DIR', 'another run: cardinal lab run'],
      });
    }
    const { plan } = startOf(journal.entries);
    return { directory: options.resume, journal, plan };
  }
  const plan = makePlan(options.plan);
  const stamp = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const directory = options.out ?? join(call.io.cwd, RESULTS, stamp);
  mkdirSync(directory, { recursive: true });
  const journal = Journal.create(join(directory, 'journal.jsonl'));
  const flags = [...call.flags].map(([name, value]) =>
    value === 'true' ? `--${name}` : `--${name} ${shown(name, value)}`,
  );
  journal.append({
    type: 'start',
    key: 'start',
    schemaVersion: SCHEMA_VERSION,
    startedAt: new Date().toISOString(),
    command: ['cardinal lab run', ...flags].join(' '),
    plan,
    machine: describeMachine(placement),
  });
  return { directory, journal, plan };
}

export function startOf(entries: readonly JournalEntry[]): StartEntry {
  return entries[0] as StartEntry;
}

/** Header lines hold credentials. */
function shown(name: string, value: string): string {
  return name === 'header' ? '...' : value;
}

async function policySetOf(plan: Plan, name: string, folder: string, io: Io): Promise<PolicySet> {
  if (plan.policyFile === null) return builtInPolicySet(name as PolicySetName, join(folder, 'access.log'));
  return ownPolicySet(
    { file: plan.policyFile, pluginPaths: plan.pluginPaths, headers: plan.requestHeaders },
    io,
  );
}

/** On a terminal one line that is written over; otherwise a line every few seconds. */
function progressLine(io: Io): (text: string) => void {
  let lastMs = 0;
  return (text) => {
    if (io.err.terminal) io.writeError(`\r\x1b[K${text.slice(0, Math.max(20, io.err.width - 1))}`);
    else if (text !== '' && performance.now() - lastMs > PROGRESS_EVERY_MS) {
      lastMs = performance.now();
      io.writeError(`${text}\n`);
    }
  };
}
