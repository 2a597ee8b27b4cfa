/**
 * Resident memory: idle after the start with the plugins of `policies` configured, and after a million
 * requests at full load. The peak on the way is sampled twice a second.
 */

import { truncateSync } from 'node:fs';
import { treeResidentBytes } from '../../lab/measure/proc.ts';
import { stop } from '../../lab/measure/processes.ts';
import { type Contestant, POLICIES } from '../contestants/contestant.ts';
import { requestHeaders, requestPath, startContestant } from '../contestants/running.ts';
import { describeErrors, runWrk } from '../measure/wrk.ts';
import type { MemoryEntry, MemoryResult, Skipped } from '../report/results.ts';
import { type Bench, present, type Scenario } from './bench.ts';

/** The load that the budget speaks of. */
export const FULL_REQUESTS = 1_000_000;
const QUICK_REQUESTS = 200_000;
const LIMIT_SECONDS = 240;
const IDLE_MS = 2000;

async function measure(bench: Bench, contestant: Contestant, target: number): Promise<MemoryEntry> {
  const { placement, workDir, origin } = bench;
  const running = await startContestant({
    contestant,
    workload: POLICIES,
    placement,
    workDir,
    originPort: origin.port,
  });
  const { pid } = running.process;
  const faults: string[] = [];
  let peakBytes = 0;
  const sample = (): void => {
    peakBytes = Math.max(peakBytes, treeResidentBytes(pid));
  };
  const timer = setInterval(sample, 500);
  try {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idleBytes = treeResidentBytes(pid);
    const startMs = performance.now();
    let requests = 0;
    while (requests < target && performance.now() - startMs < LIMIT_SECONDS * 1000) {
      bench.progress(`memory: ${contestant.id}, ${requests.toLocaleString('en')} requests so far`);
      const wrk = await runWrk(
        {
          url: `http://127.0.0.1:${running.setup.port}${requestPath(POLICIES)}`,
          connections: 64,
          seconds: 2,
          headers: requestHeaders(POLICIES),
        },
        placement,
        workDir,
      );
      requests += wrk.requests;
      const errors = describeErrors(wrk.errors);
      if (errors !== null) faults.push(errors);
      if (running.launch.accessLog !== undefined) truncateSync(running.launch.accessLog);
      if (running.process.ended !== null) throw new Error(`it ended under load (${running.process.ended})`);
    }
    const afterBytes = treeResidentBytes(pid);
    sample();
    const seconds = (performance.now() - startMs) / 1000;
    return { contestant: contestant.id, idleBytes, afterBytes, peakBytes, requests, seconds, faults };
  } finally {
    clearInterval(timer);
    await stop(running.process);
  }
}

const WHAT = 'resident memory with all plugins of `policies`: idle, then after full load';

export const memory: Scenario = {
  name: 'memory',
  what: WHAT,
  slow: false,
  async run(bench: Bench): Promise<MemoryResult> {
    const target = bench.quick ? QUICK_REQUESTS : FULL_REQUESTS;
    const wanted = bench.named
      ? bench.contestants
      : bench.contestants.filter(({ cardinal, id }) => cardinal && (!bench.quick || id.includes('micro')));
    const { able, skipped } = present(wanted);
    const entries: MemoryEntry[] = [];
    const broken: Skipped[] = [];
    for (const contestant of able) {
      try {
        entries.push(await measure(bench, contestant, target));
      } catch (error) {
        broken.push({ contestant: contestant.id, reason: (error as Error).message, broken: true });
      }
    }
    return {
      kind: 'memory',
      scenario: 'memory',
      what: WHAT,
      target,
      entries,
      skipped: [...skipped, ...broken],
    };
  },
};
