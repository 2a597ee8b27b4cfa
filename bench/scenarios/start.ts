/** Time from the start of the process to ready and to the first proxied answer. Polled every millisecond. */

import { stop } from '../../lab/measure/processes.ts';
import { type Contestant, PLAIN, POLICIES } from '../contestants/contestant.ts';
import { startContestant } from '../contestants/running.ts';
import type { Skipped, StartEntry, StartResult } from '../report/results.ts';
import { type Bench, present, type Scenario, selected } from './bench.ts';

const STARTS = 5;
const POLL_MS = 1;

async function measure(bench: Bench, contestant: Contestant): Promise<StartEntry> {
  const readyMs: (number | null)[] = [];
  const firstProxiedMs: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    bench.progress(`start: ${contestant.id}, start ${i + 1} of ${STARTS}`);
    const { placement, workDir, origin } = bench;
    const workload = contestant.workloads.includes('policies') ? POLICIES : PLAIN;
    const request = { contestant, workload, placement, workDir, originPort: origin.port };
    const running = await startContestant(request, POLL_MS);
    readyMs.push(running.readyMs);
    firstProxiedMs.push(running.firstProxiedMs);
    await stop(running.process);
  }
  return { contestant: contestant.id, readyMs, firstProxiedMs };
}

const WHAT = `from spawn to serving, configuration on disk, ${STARTS} starts`;

export const startUp: Scenario = {
  name: 'start',
  what: WHAT,
  slow: false,
  async run(bench: Bench): Promise<StartResult> {
    const { able, skipped } = present(selected(bench, ({ cardinal }) => cardinal));
    const entries: StartEntry[] = [];
    const broken: Skipped[] = [];
    for (const contestant of able) {
      try {
        entries.push(await measure(bench, contestant));
      } catch (error) {
        broken.push({ contestant: contestant.id, reason: (error as Error).message, broken: true });
      }
    }
    return { kind: 'start', scenario: 'start', what: WHAT, entries, skipped: [...skipped, ...broken] };
  },
};
