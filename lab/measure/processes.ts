/**
 * Starts the programs that take part and ends every one of them, with its children, whatever happens:
 * a finished run, an error, Ctrl+C. Ends processes by their id only, never by a name.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { processTree } from './proc.ts';

export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Its standard output and standard error. */
  readonly logFile: string;
  /** Set when it has ended: `exit code 1`, `signal SIGSEGV`. */
  ended: string | null;
}

const running = new Set<StartedProcess>();

export interface StartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export function start(options: StartOptions): StartedProcess {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${options.name}: ${options.command} could not be started`);
  const started: StartedProcess = {
    name: options.name,
    pid: child.pid,
    child,
    logFile: options.logFile,
    ended: null,
  };
  running.add(started);
  child.on('error', (error) => {
    started.ended ??= error.message;
  });
  child.on('exit', (code, signal) => {
    started.ended ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
    running.delete(started);
  });
  return started;
}

/** Asks with SIGTERM, insists with SIGKILL after `graceMs`. */
export async function stop(started: StartedProcess, graceMs = 2000): Promise<void> {
  if (started.ended !== null) return;
  const tree = processTree(started.pid);
  const gone = new Promise<void>((resolve) => started.child.once('exit', () => resolve()));
  started.child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const process of tree) kill(process.pid);
  }, graceMs);
  await gone;
  clearTimeout(timer);
}

/** Ends everything at once; for the way out, where nothing can be awaited any more. */
export function killAll(): void {
  for (const started of running) {
    for (const process of processTree(started.pid)) kill(process.pid);
  }
  running.clear();
}

/** The last lines a process has written, for messages about its failure. */
export function lastOutput(started: StartedProcess, lines = 12): string {
  const text = readFileSync(started.logFile, 'utf8').trimEnd();
  return text.split('\n').slice(-lines).join('\n');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
