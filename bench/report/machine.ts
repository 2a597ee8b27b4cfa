/** Facts about the machine and the software, without which no number means anything. */

import { spawnSync } from 'node:child_process';
import { cpus, hostname, loadavg, release, totalmem } from 'node:os';
import type { Placement } from '../../lab/measure/placement.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { programVersion, ROOT } from '../contestants/programs.ts';
import type { Machine } from './results.ts';

export function describeMachine(placement: Placement): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    usableCores: placement.cores.length,
    memoryBytes: totalmem(),
    kernel: release(),
    host: hostname(),
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** Short hash of the commit, with `+changes` when the tree differs from it; `unknown` outside a checkout. */
export function commit(): string {
  const head = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  if (head.status !== 0) return 'unknown';
  const changes = spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' });
  return head.stdout.trim() + (changes.stdout.trim() === '' ? '' : '+changes');
}

export function versions(contestants: readonly Contestant[]): Record<string, string> {
  const found: Record<string, string> = {
    node: process.versions.node,
    wrk: programVersion('wrk', ['-v']),
    'origin (nginx)': programVersion('nginx', ['-v']),
  };
  for (const contestant of contestants) {
    if (contestant.missing() === null) found[contestant.id] = contestant.version();
  }
  return found;
}

export function describePlacement({ proxy, origin, load, secondProxy }: Placement): string {
  if (proxy === null) return 'one core: nothing is pinned, everything shares it';
  const second = secondProxy === null ? '' : `, second worker on core ${secondProxy}`;
  const rest =
    origin === load ? `origin and load on core ${load}` : `origin on core ${origin}, load on core ${load}`;
  return `proxy on core ${proxy}${second}, ${rest}`;
}
