/** Facts about the machine, without which no number means anything, and how distance can be made on it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Placement } from '../measure/placement.ts';
import type { MachineRecord } from './records.ts';

const ROOT = join(import.meta.dirname, '../..');

export function describeMachine(placement: Placement): MachineRecord {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    usableCores: placement.cores.length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
    governor: fromFile('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    openFiles: /^Max open files\s+(\S+)/m.exec(fromFile('/proc/self/limits'))?.[1] ?? 'unknown',
    commit: commit(),
    placement:
      placement.load === null
        ? 'one core: everything shares it, the load generator too'
        : `load generator and lab on core ${placement.load}, services and proxies on ${placement.cores
            .filter((core) => core !== placement.load)
            .join(', ')}`,
    loadBefore: loadavg()[0] ?? 0,
    distance: { by: 'relay', why: whyNoNetem() },
  };
}

/** Whether the kernel could do it, tried in a network namespace of its own that is gone at once. */
export function whyNoNetem(): string {
  const tried = spawnSync(
    'unshare',
    ['-n', 'sh', '-c', 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms'],
    { encoding: 'utf8', timeout: 5000 },
  );
  if (tried.error !== undefined)
    return `netem cannot be tried: ${(tried.error as NodeJS.ErrnoException).code}`;
  if (tried.status !== 0)
    return `netem is not there: ${tried.stderr.trim().split('\n').at(-1) ?? 'no reason'}`;
  return 'netem is there, but proxies that share one loopback cannot be told apart by it; the relay can be calibrated';
}

function commit(): string {
  const head = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  if (head.status !== 0) return 'unknown';
  const changes = spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' });
  return head.stdout.trim() + (changes.stdout.trim() === '' ? '' : '+changes');
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
