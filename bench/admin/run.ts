/**
 * `npm run bench:admin`: how fast a gateway takes changes through its Admin API, on SQLite with durable commits, and
 * what its clients notice. Prints numbers; `--check` judges them by the budgets (exit 1).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startOrigin } from './origin.ts';

const ENTRY = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const WRITES_WITHIN_MS = 10_000;
const LIVE_WITHIN_MS = 500;
const LONGEST_WAIT_MS = 50;
const ROUNDS = 5;

const { values } = parseArgs({
  options: {
    writes: { type: 'string', default: '2000' },
    routes: { type: 'string', default: '10000' },
    parallel: { type: 'string', default: '10' },
    check: { type: 'boolean', default: false },
  },
});

interface Gateway {
  readonly child: ChildProcess;
  readonly proxy: number;
  readonly admin: number;
}

async function startGateway(folder: string): Promise<Gateway> {
  const listen = ['proxy', 'admin', 'status'].flatMap((name) => [`--${name}-listen`, '127.0.0.1:0']);
  const args = ['gateway', ...listen, '--cluster-listen', 'off', '--workers', '2', '--data-dir', folder];
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
  let text = '';
  for await (const chunk of child.stderr ?? []) {
    text += String(chunk);
    const line = text.split('\n').find((one) => one.includes('gateway ready'));
    if (line === undefined) continue;
    child.stderr?.resume();
    const ready = JSON.parse(line) as { readonly proxy: string[]; readonly admin: string[] };
    const portOf = (addresses: readonly string[]) => Number(addresses[0]?.split(':').at(-1));
    return { child, proxy: portOf(ready.proxy), admin: portOf(ready.admin) };
  }
  throw new Error(`the gateway did not start:\n${text}`);
}

const agent = new Agent({ keepAlive: true });

function ask(port: number, method: string, path: string, body?: object): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

/** Calls `work` for 0 to `count - 1`, `parallel` at a time. */
async function each(count: number, parallel: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

async function put(admin: number, path: string, body: object): Promise<void> {
  const status = await ask(admin, 'PUT', path, body);
  if (status !== 200) throw new Error(`PUT ${path}: ${status}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const row = (name: string, value: string) => process.stdout.write(`${name.padEnd(58)} ${value}\n`);

/** Requests one after the other until told to stop. Resolves with the longest wait for an answer and the failures. */
function watchTraffic(proxy: number): {
  stop(): Promise<{ longestMs: number; failed: number; sent: number }>;
} {
  let stopped = false;
  let longestMs = 0;
  let failed = 0;
  let sent = 0;
  const done = (async () => {
    while (!stopped) {
      const since = performance.now();
      const status = await ask(proxy, 'GET', '/r0').catch(() => 0);
      sent++;
      if (status !== 200) failed++;
      longestMs = Math.max(longestMs, performance.now() - since);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await done;
      return { longestMs, failed, sent };
    },
  };
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-admin-'));
  const origin = await startOrigin();
  const { child, proxy, admin } = await startGateway(folder);
  const [writes, routes, parallel] = [values.writes, values.routes, values.parallel].map(Number) as [
    number,
    number,
    number,
  ];
  try {
    const service = { host: '127.0.0.1', port: origin.port };
    const since = performance.now();
    await each(writes, parallel, (i) => put(admin, `/services/s${i}`, service));
    const wroteMs = performance.now() - since;
    row(`${writes} acknowledged writes, ${parallel} at a time`, seconds(wroteMs));

    const routeOf = (i: number) => ({ paths: [`/r${i}`], service: { name: `s${i % writes}` } });
    const loaded = performance.now();
    await each(routes, 50, (i) => put(admin, `/routes/r${i}`, routeOf(i)));
    row(`${routes} routes more, 50 at a time`, seconds(performance.now() - loaded));

    const idle = watchTraffic(proxy);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const quiet = await idle.stop();
    row('longest wait of a request without a change', `${quiet.longestMs.toFixed(1)} ms of ${quiet.sent}`);

    const times: number[] = [];
    const traffic = watchTraffic(proxy);
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      await put(admin, '/routes/r1', { ...routeOf(1), paths: [`/changed-${round}`] });
      const status = await ask(proxy, 'GET', `/changed-${round}`);
      if (status !== 200) throw new Error(`the change was answered and is not live: ${status}`);
      times.push(performance.now() - began);
    }
    const busy = await traffic.stop();
    times.sort((a, b) => a - b);
    const slowest = times.at(-1) as number;
    row(
      `one change among ${routes} routes: answered and live`,
      `${times[ROUNDS >> 1]?.toFixed(0)} ms median, ${slowest.toFixed(0)} ms at most`,
    );
    row(
      'longest wait of a request during that',
      `${busy.longestMs.toFixed(1)} ms of ${busy.sent}; ${busy.failed} failed`,
    );
    if (!values.check) return 0;
    const kept =
      wroteMs <= WRITES_WITHIN_MS &&
      slowest <= LIVE_WITHIN_MS &&
      busy.longestMs <= LONGEST_WAIT_MS &&
      busy.failed === 0;
    row('budgets (10 s; 500 ms; 50 ms; none failed)', kept ? 'kept' : 'MISSED');
    return kept ? 0 : 1;
  } finally {
    child.kill('SIGKILL');
    agent.destroy();
    await origin.close();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
