/**
 * Which core everything runs on. The proxy under test never shares its core with the load generator or
 * the origin, or its CPU time and latency would be theirs; on two cores those two share the other one.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Placement {
  /** Cores this process may use. */
  readonly cores: readonly number[];
  /** Core of a proxy with one worker; null: not pinned, the machine has a single core. */
  readonly proxy: number | null;
  /** A second core for a proxy with two workers; null when everything else needs them. */
  readonly secondProxy: number | null;
  readonly origin: number | null;
  /** Load generator and this harness. */
  readonly load: number | null;
}

/** Reads a list such as `0-2,5`. */
export function parseCoreList(text: string): number[] {
  const cores: number[] = [];
  for (const part of text.trim().split(',')) {
    const [first, last] = part.split('-').map(Number);
    if (first === undefined || Number.isNaN(first)) throw new Error(`not a list of cores: ${text}`);
    for (let core = first; core <= (last ?? first); core++) cores.push(core);
  }
  return cores;
}

export function place(cores: readonly number[]): Placement {
  const last = cores.length - 1;
  if (last < 1) return { cores, proxy: null, secondProxy: null, origin: null, load: null };
  return {
    cores,
    load: cores[0]!,
    proxy: cores[last]!,
    origin: last >= 2 ? cores[1]! : cores[0]!,
    secondProxy: last >= 3 ? cores[last - 1]! : null,
  };
}

export function allowedCores(): number[] {
  const match = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  if (!match) throw new Error('/proc/self/status does not say which cores may be used');
  return parseCoreList(match[1]!);
}

/** Moves this process, and what it starts without a core of its own, off the proxy's core. */
export function pinSelf(placement: Placement): void {
  if (placement.load === null) return;
  spawnSync('taskset', ['-a', '-cp', String(placement.load), String(process.pid)]);
}

/** Moves a process with all its threads to the given cores. */
export function pinProcess(pid: number, cores: readonly (number | null)[]): void {
  const list = cores.filter((core) => core !== null);
  if (list.length > 0) spawnSync('taskset', ['-a', '-cp', list.join(','), String(pid)]);
}

/** The command line that runs `command` on the given cores. taskset replaces itself, the pid stays. */
export function onCores(
  cores: readonly (number | null)[],
  command: string,
  args: readonly string[],
): { command: string; args: string[] } {
  const list = cores.filter((core) => core !== null);
  if (list.length === 0) return { command, args: [...args] };
  return { command: 'taskset', args: ['-c', list.join(','), command, ...args] };
}
