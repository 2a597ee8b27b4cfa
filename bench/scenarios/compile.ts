/**
 * A new configuration of 10,000 routes while requests are served: how long until it answers, and how long
 * anybody waits meanwhile. One request after another on one connection is in flight all the time, so the
 * slowest of them is at least as long as the longest gap of the proxy's event loop: an upper bound.
 */

import { Agent, request } from 'node:http';
import type { ProbeRequest } from '../../lab/measure/probe.ts';
import { stop } from '../../lab/measure/processes.ts';
import type { Contestant } from '../contestants/contestant.ts';
import {
  generationProbe,
  type Running,
  reload,
  requestHeaders,
  requestPath,
  startContestant,
} from '../contestants/running.ts';
import type { CompileEntry, CompileResult, Skipped } from '../report/results.ts';
import { type Bench, present, type Scenario } from './bench.ts';
import { MANY_ROUTES } from './routes.ts';

const RELOADS = 5;
const RELOAD_LIMIT_MS = 20_000;
const QUIET_MS = 1500;
/** After the new configuration answers, the old one may still be taken down. */
const AFTER_MS = 500;

/** One keep-alive connection; the status of one answer, and how long it took. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  send(target: ProbeRequest): Promise<{ status: number; ms: number }> {
    const sinceMs = performance.now();
    return new Promise((resolve) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: target.port,
          path: target.path,
          headers: { ...target.headers },
          agent: this.#agent,
        },
        (response) => {
          response.resume();
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, ms: performance.now() - sinceMs }),
          );
        },
      );
      sent.on('error', () => resolve({ status: 0, ms: performance.now() - sinceMs }));
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Watch {
  slowestMs: number;
  failed: number;
}

/** Sends one request after another until told to stop; the result is read from `watch`. */
function watchTraffic(running: Running, watch: Watch): () => Promise<void> {
  const client = new Client();
  const { setup } = running;
  const target = {
    port: setup.port,
    path: requestPath(setup.workload),
    headers: requestHeaders(setup.workload),
  };
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      const { status, ms } = await client.send(target);
      watch.slowestMs = Math.max(watch.slowestMs, ms);
      if (status !== 200) watch.failed++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.close();
  })();
  return async () => {
    stopped = true;
    await loop;
  };
}

async function measure(bench: Bench, contestant: Contestant): Promise<CompileEntry> {
  const { placement, workDir, origin } = bench;
  const running = await startContestant({
    contestant,
    workload: { kind: 'routes', routes: MANY_ROUTES, workers: 1 },
    placement,
    workDir,
    originPort: origin.port,
  });
  const poller = new Client();
  try {
    const quiet: Watch = { slowestMs: 0, failed: 0 };
    // Twice: the first time warms up both sides.
    for (let i = 0; i < 2; i++) {
      quiet.slowestMs = 0;
      const end = watchTraffic(running, quiet);
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      await end();
    }
    const reloadMs: number[] = [];
    const slowestMs: number[] = [];
    let failedRequests = quiet.failed;
    for (let generation = 1; generation <= RELOADS; generation++) {
      bench.progress(`compile: reload ${generation} of ${RELOADS}`);
      const watch: Watch = { slowestMs: 0, failed: 0 };
      const sinceMs = reload(running, generation);
      const end = watchTraffic(running, watch);
      try {
        reloadMs.push(await untilGeneration(running, poller, generation, sinceMs));
        await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
      } finally {
        await end();
      }
      slowestMs.push(watch.slowestMs);
      failedRequests += watch.failed;
    }
    return {
      contestant: contestant.id,
      routes: MANY_ROUTES,
      reloadMs,
      slowestMs,
      quietSlowestMs: quiet.slowestMs,
      failedRequests,
    };
  } finally {
    poller.close();
    await stop(running.process);
  }
}

async function untilGeneration(
  running: Running,
  poller: Client,
  generation: number,
  sinceMs: number,
): Promise<number> {
  const target = generationProbe(running, generation);
  while (performance.now() - sinceMs < RELOAD_LIMIT_MS) {
    if (running.process.ended !== null)
      throw new Error(`it ended during a reload (${running.process.ended})`);
    if ((await poller.send(target)).status === 200) return performance.now() - sinceMs;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`generation ${generation} did not answer within ${RELOAD_LIMIT_MS} ms of SIGHUP`);
}

const WHAT = '10,000 routes taken up anew while serving: time until they answer, slowest request meanwhile';

export const compile: Scenario = {
  name: 'compile',
  what: WHAT,
  slow: false,
  async run(bench: Bench): Promise<CompileResult> {
    const capable = bench.contestants.filter(({ workloads }) => workloads.includes('routes'));
    const { able, skipped } = present(capable);
    const entries: CompileEntry[] = [];
    const broken: Skipped[] = [];
    for (const contestant of able) {
      bench.progress(`compile: starting ${contestant.id}`);
      try {
        entries.push(await measure(bench, contestant));
      } catch (error) {
        broken.push({ contestant: contestant.id, reason: (error as Error).message, broken: true });
      }
    }
    return { kind: 'compile', scenario: 'compile', what: WHAT, entries, skipped: [...skipped, ...broken] };
  },
};
