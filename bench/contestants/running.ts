/**
 * A contestant that has been started and answers. The check of what it answers and of what it sends on
 * stands here too: a proxy that does less work than the others must not be compared with them.
 */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { onCores, type Placement } from '../../lab/measure/placement.ts';
import { freePort, type ProbeRequest, probe, untilOk } from '../../lab/measure/probe.ts';
import { lastOutput, type StartedProcess, start, stop } from '../../lab/measure/processes.ts';
import { FORWARDED_PATH, type Forwarded, parseForwarded } from '../origin/origin.ts';
import { API_KEY, cardinalConfig, generatedRoute, generationHost } from './cardinal-config.ts';
import type { Contestant, Launch, Setup, Workload } from './contestant.ts';

export interface Running {
  readonly contestant: Contestant;
  readonly setup: Setup;
  readonly launch: Launch;
  readonly process: StartedProcess;
  /** Milliseconds from the start of the process. */
  readonly readyMs: number | null;
  readonly firstProxiedMs: number;
}

export interface StartRequest {
  readonly contestant: Contestant;
  readonly workload: Workload;
  readonly originPort: number;
  readonly placement: Placement;
  readonly workDir: string;
}

let started = 0;

/** Headers every request of a workload needs. Other proxies get them too: the same bytes for everybody. */
export function requestHeaders(workload: Workload): Record<string, string> {
  if (workload.kind === 'policies') return { Host: 'bench.local', apikey: API_KEY };
  if (workload.kind === 'routes') return { Host: generatedRoute(lateRoute(workload)).host };
  return { Host: 'bench.local' };
}

export function requestPath(workload: Workload): string {
  return workload.kind === 'routes' ? generatedRoute(lateRoute(workload)).path : '/items/4711?fields=all';
}

/** The last generated route: a search from the front would meet it last. */
function lateRoute(workload: Workload): number {
  return workload.routes - 1;
}

/** Starts a contestant and waits for its first proxied answer. Throws with its last output if none comes. */
export async function startContestant(request: StartRequest, pollMs = 20): Promise<Running> {
  const { contestant, workload, placement } = request;
  const directory = join(request.workDir, `${contestant.id}-${workload.kind}-${++started}`);
  mkdirSync(directory, { recursive: true });
  const setup: Setup = {
    workload,
    directory,
    originPort: request.originPort,
    port: await freePort(),
    statusPort: await freePort(),
    extraPort: await freePort(),
  };
  const launch = contestant.launch(setup);
  for (const [name, text] of launch.files) writeFileSync(join(directory, name), text);

  const cores = coresOf(workload, placement);
  const sinceMs = performance.now();
  const child = start({
    name: contestant.id,
    ...onCores(cores, launch.command, launch.args),
    cwd: directory,
    env: launch.env,
    logFile: join(directory, 'output.log'),
  });
  const limits = { withinMs: 20_000, everyMs: pollMs, ended: () => child.ended };
  const readyMs = launch.ready ? await untilOk(launch.ready, sinceMs, limits) : null;
  const firstProxiedMs =
    typeof readyMs === 'string' ? readyMs : await untilOk(proxiedRequest(setup), sinceMs, limits);
  if (typeof readyMs === 'string' || typeof firstProxiedMs === 'string') {
    const output = lastOutput(child);
    await stop(child);
    throw new Error(`${contestant.id} ${firstProxiedMs}${output === '' ? '' : `\n${output}`}`);
  }
  return { contestant, setup, launch, process: child, readyMs, firstProxiedMs };
}

/** Without a second core to itself, a proxy with two workers gets them all: it then shares with the load. */
function coresOf(workload: Workload, placement: Placement): readonly (number | null)[] {
  if (workload.workers === 1) return [placement.proxy];
  return placement.secondProxy === null ? placement.cores : [placement.proxy, placement.secondProxy];
}

function proxiedRequest(setup: Setup): ProbeRequest {
  return { port: setup.port, path: requestPath(setup.workload), headers: requestHeaders(setup.workload) };
}

export interface Behaviour {
  /** What the origin received for one of the requests. */
  readonly forwarded: Forwarded | null;
  /** Reasons why its numbers would not be comparable; empty when they are. */
  readonly faults: readonly string[];
}

/** Whether a contestant does the work that the others do: forwarded headers, keep-alive, policies. */
export async function checkBehaviour(running: Running): Promise<Behaviour> {
  const { setup, contestant } = running;
  const faults: string[] = [];
  const headers = requestHeaders(setup.workload);
  if (setup.workload.kind === 'policies' && contestant.workloads.includes('policies')) {
    const withoutKey = await probe({ ...proxiedRequest(setup), headers: { Host: 'bench.local' } });
    if (withoutKey.status !== 401) faults.push(`a request without a key got ${withoutKey.status}, not 401`);
    const allowed = await probe(proxiedRequest(setup));
    for (const name of ['x-ratelimit-remaining-minute', 'x-request-id']) {
      if (allowed.headers[name] === undefined) faults.push(`the response has no ${name}`);
    }
    const metrics = await probe({ port: setup.statusPort, path: '/metrics' });
    if (!metrics.body.includes('kong_http_requests_total')) faults.push('/metrics counts no requests');
  }
  if (setup.workload.kind === 'routes') {
    const unknown = await probe({ ...proxiedRequest(setup), headers: { Host: 'nobody.bench.local' } });
    if (unknown.status !== 404) faults.push(`a request that no route matches got ${unknown.status}, not 404`);
    return { forwarded: null, faults };
  }
  let forwarded: Forwarded | null = null;
  // Kept alive as wrk's connections are: some proxies send a client's `Connection: close` on.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++) {
    const response = await probe({ port: setup.port, path: FORWARDED_PATH, headers, agent });
    forwarded = parseForwarded(response.body.toString('latin1'));
  }
  agent.destroy();
  if (forwarded !== null) {
    if (!forwarded['x-forwarded-for'].includes('127.0.0.1')) faults.push('it sends no X-Forwarded-For');
    if (forwarded.protocol !== 'HTTP/1.1') faults.push(`it speaks ${forwarded.protocol} to the origin`);
    if (!(Number(forwarded.requests_on_connection) > 1))
      faults.push('it does not reuse connections to the origin');
  }
  return { forwarded, faults };
}

/** Replaces the configuration with its next generation and tells the process. Returns when that was. */
export function reload(running: Running, generation: number): number {
  const { setup, launch, process } = running;
  if (launch.reloads === undefined) throw new Error(`${running.contestant.id} cannot reload`);
  const input = { ...setup, accessLog: launch.accessLog ?? '' };
  const file = join(setup.directory, launch.reloads);
  writeFileSync(`${file}.next`, JSON.stringify(cardinalConfig(input, generation)));
  const atMs = performance.now();
  renameSync(`${file}.next`, file);
  process.child.kill('SIGHUP');
  return atMs;
}

/** A request that is answered with 200 from the given generation on. */
export function generationProbe(running: Running, generation: number): ProbeRequest {
  return { port: running.setup.port, path: '/', headers: { Host: generationHost(generation) } };
}
