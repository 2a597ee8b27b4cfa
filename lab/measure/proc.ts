/**
 * What the operating system says about processes: CPU time and resident memory, from /proc.
 *
 * CPU time per request is the number the whole benchmark stands on, so it comes from the kernel's
 * accounting of the process tree and never from what a proxy says about itself.
 */

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of the times in /proc. It is 100 on every Linux that Node runs on (proc(5), sysconf). */
export const TICKS_PER_SECOND = 100;

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** User plus system time of all threads, in clock ticks. Threads that have ended are included. */
  readonly cpuTicks: number;
}

/**
 * Reads one line of /proc/PID/stat. The second field is the command in parentheses and may itself hold
 * spaces and parentheses, so fields are counted from the last one.
 */
export function parseStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) throw new Error(`not a line of /proc/PID/stat: ${text.slice(0, 80)}`);
  const fields = text.slice(close + 2).split(' ');
  return {
    pid: Number(text.slice(0, open).trim()),
    parentPid: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  };
}

/** Resident memory in bytes from the text of /proc/PID/status; 0 for a process that has none (a zombie). */
export function parseResidentBytes(text: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text);
  return match ? Number(match[1]) * 1024 : 0;
}

/** All living processes below and including `root`, root first. Empty when it is gone. */
export function processTree(root: number): ProcessStat[] {
  const all: ProcessStat[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = readOrNull(`/proc/${name}/stat`);
    if (text !== null) all.push(parseStat(text));
  }
  return selectTree(all, root);
}

/** The part of `all` that is `root` or descends from it, root first. */
export function selectTree(all: readonly ProcessStat[], root: number): ProcessStat[] {
  const tree = all.filter((process) => process.pid === root);
  for (let i = 0; i < tree.length; i++) {
    const parent = tree[i]!.pid;
    for (const process of all) if (process.parentPid === parent && process.pid !== parent) tree.push(process);
  }
  return tree;
}

/** CPU time of the process tree so far, in microseconds (resolution 10 ms). */
export function treeCpuUs(root: number): number {
  let ticks = 0;
  for (const process of processTree(root)) ticks += process.cpuTicks;
  return (ticks * 1_000_000) / TICKS_PER_SECOND;
}

/** CPU time of one process with all its threads so far, in microseconds (resolution 10 ms); 0 when it is gone. */
export function processCpuUs(pid: number): number {
  const text = readOrNull(`/proc/${pid}/stat`);
  return text === null ? 0 : (parseStat(text).cpuTicks * 1_000_000) / TICKS_PER_SECOND;
}

/** Resident memory of one process in bytes; 0 when it is gone. */
export function residentBytesOf(pid: number): number {
  const text = readOrNull(`/proc/${pid}/status`);
  return text === null ? 0 : parseResidentBytes(text);
}

/** Resident memory of the process tree in bytes. Pages shared between its processes count once for each. */
export function treeResidentBytes(root: number): number {
  let bytes = 0;
  for (const process of processTree(root)) {
    const text = readOrNull(`/proc/${process.pid}/status`);
    if (text !== null) bytes += parseResidentBytes(text);
  }
  return bytes;
}

export interface CoreTime {
  /** Everything that is not idle or waiting for I/O, stolen time included, in clock ticks. */
  readonly busyTicks: number;
  readonly totalTicks: number;
}

/** The times of one core from the text of /proc/stat, or null when there is no such core. */
export function parseCoreTime(text: string, core: number): CoreTime | null {
  const match = new RegExp(`^cpu${core} (.+)$`, 'm').exec(text);
  if (!match) return null;
  // user nice system idle iowait irq softirq steal; guest times are already inside user and nice.
  const times = match[1]!.trim().split(/\s+/).map(Number).slice(0, 8);
  const total = times.reduce((sum, ticks) => sum + ticks, 0);
  return { busyTicks: total - (times[3] ?? 0) - (times[4] ?? 0), totalTicks: total };
}

export function coreTime(core: number): CoreTime | null {
  return parseCoreTime(readFileSync('/proc/stat', 'utf8'), core);
}

/** Processes come and go while /proc is read: a missing file means that it has ended. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
