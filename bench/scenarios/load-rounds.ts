/**
 * Full load on several contestants in turn, round after round: A B C, B C A, C A B. All of them are started
 * first and stay; one that is not being loaded costs nothing. Measures CPU time, throughput and memory.
 */

import { createReadStream, statSync, truncateSync } from 'node:fs';
import { startMeter } from '../../lab/measure/meter.ts';
import { treeResidentBytes } from '../../lab/measure/proc.ts';
import { stop } from '../../lab/measure/processes.ts';
import type { Contestant, Workload } from '../contestants/contestant.ts';
import {
  checkBehaviour,
  type Running,
  requestHeaders,
  requestPath,
  startContestant,
} from '../contestants/running.ts';
import { describeErrors, runWrk, type WrkLoad } from '../measure/wrk.ts';
import type { Entry, LoadResult, Round, Skipped } from '../report/results.ts';
import type { Bench } from './bench.ts';
import { warmUp } from './warm-up.ts';

/**
 * From this size on requests are counted in bytes received: few fit into a round, and those in flight at its
 * end have cost CPU time while wrk counts whole ones only.
 */
const LARGE_BYTES = 1024 * 1024;

export interface Entrant {
  readonly name: string;
  readonly contestant: Contestant;
  readonly variant: string | null;
  readonly workload: Workload;
  /** Differences to the plain load: another path, a Lua script. */
  readonly path?: string;
  readonly lua?: string;
  /** Runs from the warm-up to the end; what it resolves with ends it and says what was wrong. */
  readonly beside?: (running: Running) => Promise<() => Promise<readonly string[]>>;
}

export interface LoadOptions {
  readonly scenario: string;
  readonly what: string;
  readonly entrants: readonly Entrant[];
  readonly skipped: readonly Skipped[];
  readonly reference: string;
  readonly connections: number;
  /** Bytes of one response's body. A smaller answer than that is not the one that was asked for. */
  readonly responseBytes: number;
}

interface Lane {
  readonly entrant: Entrant;
  readonly running: Running;
  readonly load: Omit<WrkLoad, 'seconds'>;
  readonly rounds: Round[];
  readonly faults: string[];
  readonly endBeside: (() => Promise<readonly string[]>) | undefined;
  readonly forwarded: Entry['forwarded'];
}

export async function loadRounds(bench: Bench, options: LoadOptions): Promise<LoadResult> {
  const lanes: Lane[] = [];
  const skipped = [...options.skipped];
  try {
    for (const entrant of options.entrants) {
      try {
        lanes.push(await openLane(bench, options, entrant));
      } catch (error) {
        skipped.push({ contestant: entrant.name, reason: (error as Error).message, broken: true });
      }
    }
    for (let round = 0; round < bench.rounds; round++) {
      for (let i = 0; i < lanes.length; i++) {
        const lane = lanes[(i + round) % lanes.length]!;
        if (lane.running.process.ended !== null) continue;
        bench.progress(`${options.scenario}: round ${round + 1} of ${bench.rounds}, ${lane.entrant.name}`);
        await measureRound(bench, options, lane, round);
      }
    }
    for (const lane of lanes) lane.faults.push(...((await lane.endBeside?.()) ?? []));
  } finally {
    await Promise.all(lanes.map((lane) => stop(lane.running.process)));
  }
  const { scenario, what, reference } = options;
  return { kind: 'load', scenario, what, reference, skipped, entries: lanes.map(toEntry) };
}

async function openLane(bench: Bench, options: LoadOptions, entrant: Entrant): Promise<Lane> {
  const { workDir, placement } = bench;
  const { contestant, workload } = entrant;
  bench.progress(`${options.scenario}: starting ${entrant.name}`);
  const running = await startContestant({
    contestant,
    workload,
    placement,
    workDir,
    originPort: bench.origin.port,
  });
  const behaviour = await checkBehaviour(running);
  const load = {
    url: `http://127.0.0.1:${running.setup.port}${entrant.path ?? requestPath(workload)}`,
    connections: options.connections,
    headers: requestHeaders(workload),
    ...(entrant.lua === undefined ? {} : { lua: entrant.lua }),
  };
  const lane: Lane = {
    entrant,
    running,
    load,
    rounds: [],
    faults: [...behaviour.faults],
    endBeside: await entrant.beside?.(running),
    forwarded: behaviour.forwarded,
  };
  await warmUp(bench, load);
  clearAccessLog(running);
  return lane;
}

async function measureRound(bench: Bench, options: LoadOptions, lane: Lane, round: number): Promise<void> {
  const { pid } = lane.running.process;
  const meter = startMeter(pid, lane.running.setup.workload.workers === 1 ? bench.placement.proxy : null);
  const wrk = await runWrk({ ...lane.load, seconds: bench.roundSeconds }, bench.placement, bench.workDir);
  const { cpuUs, wallUs, foreignCpu } = meter();

  const requests = options.responseBytes < LARGE_BYTES ? wrk.requests : wrk.bytes / options.responseBytes;
  const logged = await countAccessLog(lane.running, requests);
  const errors = describeErrors(wrk.errors);
  if (errors !== null) lane.faults.push(`round ${round + 1}: ${errors}`);
  if (lane.running.process.ended !== null) lane.faults.push(`it ended (${lane.running.process.ended})`);
  if (requests === 0) lane.faults.push(`round ${round + 1}: no request was answered`);
  if (wrk.requests > 0 && wrk.bytes / wrk.requests < options.responseBytes) {
    lane.faults.push(`round ${round + 1}: responses of ${Math.round(wrk.bytes / wrk.requests)} bytes`);
  }
  if (logged !== null && logged < 0.98) {
    lane.faults.push(`round ${round + 1}: its access log has ${(logged * 100).toFixed(1)} % of the requests`);
  }
  lane.rounds.push({
    round,
    wrk,
    cpuUs,
    wallUs,
    requests,
    cpuUsPerRequest: cpuUs / requests,
    requestsPerSecond: (requests * 1e6) / wrk.durationUs,
    residentBytes: treeResidentBytes(pid),
    foreignCpu,
    logged,
  });
}

function toEntry(lane: Lane): Entry {
  const { name, contestant, variant } = lane.entrant;
  return {
    name,
    contestant: contestant.id,
    variant,
    rounds: lane.rounds,
    forwarded: lane.forwarded,
    faults: lane.faults,
  };
}

/** Lines over requests. The log is emptied for the next round: at full load it grows by the gigabyte. */
async function countAccessLog(running: Running, requests: number): Promise<number | null> {
  if (running.setup.workload.kind !== 'policies' || running.launch.accessLog === undefined) return null;
  // Writers may buffer for a moment.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  let lines = 0;
  if (statSync(running.launch.accessLog, { throwIfNoEntry: false }) === undefined) return 0;
  for await (const chunk of createReadStream(running.launch.accessLog, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  }
  clearAccessLog(running);
  return requests === 0 ? 0 : lines / requests;
}

function clearAccessLog(running: Running): void {
  const file = running.launch.accessLog;
  if (file !== undefined && statSync(file, { throwIfNoEntry: false }) !== undefined) truncateSync(file);
}
