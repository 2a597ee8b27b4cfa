/**
 * A process of its own for `reload.test.ts`, so that its heap holds nothing else: swaps configurations under
 * load and prints what it saw as one line of JSON. Needs --expose-gc.
 */
import { createHook } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../shared/config/entities.ts';
import { createLogger } from '../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../shared/observe/metrics.ts';
import { createEngine } from '../../shared/proxy/engine.ts';
import { SETTINGS } from '../../shared/proxy/test/harness/gateway.ts';
import { createCounterTable } from '../../shared/state/counter-table.ts';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { KeepAliveLoad } from '../harness/keep-alive-load.ts';
import { type GenerationName, type Holdings, LIMIT, reloadYaml, stampPlugin } from './configurations.ts';

const WARM_UP = 20;
const SWAPS = 200;
const CONNECTIONS = 48;

export interface ReloadReport {
  readonly requests: number;
  readonly failures: readonly string[];
  /** Responses that met each generation. */
  readonly met: Readonly<Record<GenerationName, number>>;
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly timersBefore: number;
  readonly timersAfter: number;
  readonly holdingsBefore: Holdings;
  readonly holdingsAfter: Holdings;
  readonly holdingsClosed: Holdings;
  /** Of the limit that both configurations share, after everything. */
  readonly remaining: number;
  /** Requests that were counted against it. */
  readonly counted: number;
  readonly refusal: string;
  readonly refusedHoldings: Holdings;
  readonly generationBefore: number;
  readonly generationAfterRefusal: number;
  readonly slow: { readonly stamp: string | undefined; readonly instancesDuring: number };
  readonly groupUsers: Readonly<Record<string, number>>;
  readonly groupListeners: Readonly<Record<string, number>>;
  readonly requestsActive: number;
}

// The timers of this process that are set and have neither fired for good nor been cleared.
const timers = new Set<number>();
createHook({
  init(id, type) {
    if (type === 'Timeout') timers.add(id);
  },
  destroy(id) {
    timers.delete(id);
  },
}).enable();

async function serve(handler: http.RequestListener): Promise<http.Server> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
const portOf = (server: http.Server): number => (server.address() as AddressInfo).port;

const echo: http.RequestListener = (request, response) => {
  response.setHeader('X-Upstream-Saw', request.headers['x-stamp'] ?? '-');
  response.end('ok');
};
let release: (() => void) | undefined;
const fast = await serve(echo);
const other = await serve(echo);
const slow = await serve((request, response) => {
  release = () => echo(request, response);
});

const folder = mkdtempSync(join(tmpdir(), 'reload-'));
const holdings: Holdings = { instances: 0, shared: 0, sharedOpened: 0, own: 0 };
const plugins = new Map([...(await bundledPlugins()), ['stamp', stampPlugin(holdings)] as const]);
const ports = { fast: portOf(fast), other: portOf(other), slow: portOf(slow) };
const read = (name: GenerationName, broken = false): Promise<Configuration> =>
  configurationOf(reloadYaml(name, ports, join(folder, 'access.log'), broken), plugins);
const configurations = { A: await read('A'), B: await read('B') };
const broken = await read('B', true);

const engine = createEngine({
  settings: SETTINGS,
  plugins,
  counters: createCounterTable({ slots: 1024 }),
  metrics: new MetricsRegistry(),
  log: createLogger({ level: 'error', write: () => {} }),
  node: { id: '88888888-8888-4888-8888-888888888888', hostname: 'test-node', version: '0.0.0' },
  roles: [{ kind: 'edge' }],
  probes: true,
  peers: undefined,
});
let generation = 0;
async function swap(name: GenerationName): Promise<void> {
  engine.commit(await engine.prepare(configurations[name], ++generation));
}
await swap('A');
const [bound] = await engine.listen([
  { host: '127.0.0.1', port: 0, tls: false, reusePort: false, backlog: 511, role: { kind: 'edge' } },
]);
const port = bound!.port;

const met: Record<GenerationName, number> = { A: 0, B: 0 };
function check(response: string): string | undefined {
  const stamp = /\r\nX-Stamp: (.)\r\n/i.exec(response)?.[1];
  const saw = /\r\nX-Upstream-Saw: (.)\r\n/i.exec(response)?.[1];
  if (!response.startsWith('HTTP/1.1 200 ') || !response.endsWith('\r\n\r\nok'))
    return response.slice(0, 400);
  if (stamp !== 'A' && stamp !== 'B') return `no generation: ${response.slice(0, 400)}`;
  if (stamp !== saw) return `began on ${saw} and ended on ${stamp}`;
  met[stamp]++;
  return undefined;
}

function ask(path: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, headers: { apikey: 'ann-key' }, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response));
      })
      .on('error', reject);
  });
}

async function settledHeap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    (globalThis as unknown as { gc: () => void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}

/** Alternates and ends on A; each generation serves some requests. */
async function swaps(count: number, load: KeepAliveLoad): Promise<void> {
  for (let round = 1; round <= count; round++) {
    await swap(round % 2 === 0 ? 'A' : 'B');
    const until = load.requests + CONNECTIONS / 2;
    while (load.requests < until) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function under<T>(work: (load: KeepAliveLoad) => Promise<T>): Promise<T> {
  const message = 'GET /load HTTP/1.1\r\nHost: a\r\napikey: ann-key\r\n\r\n';
  const load = new KeepAliveLoad(port, CONNECTIONS, message, check);
  const value = await work(load);
  const result = await load.stop();
  requests += result.requests;
  failures.push(...result.failures);
  return value;
}

let requests = 0;
const failures: string[] = [];

await under((load) => swaps(WARM_UP, load));
const heapBefore = await settledHeap();
const timersBefore = timers.size;
const holdingsBefore = { ...holdings };

await under((load) => swaps(SWAPS, load));
const heapAfter = await settledHeap();
const timersAfter = timers.size;
const holdingsAfter = { ...holdings };

// A request that takes long stays on the generation that it began with.
const late = ask('/slow');
while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
await swap('B');
await swap('A');
await swap('B');
const instancesDuring = holdings.instances;
release();
const slowStamp = (await late).headers['x-stamp'] as string | undefined;

// What does not compile changes nothing, and leaves nothing behind.
let refusal = '';
await under(async (load) => {
  await engine.prepare(broken, ++generation).catch((error: Error) => {
    refusal = error.message;
  });
  const until = load.requests + CONNECTIONS;
  while (load.requests < until) await new Promise((resolve) => setImmediate(resolve));
});
const refusedHoldings = { ...holdings };
const generationAfterRefusal = engine.status().generation;
const generationBefore = generation - 1;
// Back to where the measurements were taken.
await swap('A');

const last = await ask('/load');
const remaining = Number(last.headers['ratelimit-remaining']);

// What `status` does not tell: who still holds the endpoints.
const { registry } = engine as unknown as {
  registry: { groups: Map<string, { users: number; listeners: Set<unknown> }> };
};
const groupUsers = Object.fromEntries([...registry.groups].map(([id, { users }]) => [id, users]));
const groupListeners = Object.fromEntries(
  [...registry.groups].map(([id, { listeners }]) => [id, listeners.size]),
);
const { requestsActive } = engine.status();
await engine.close();
const report: ReloadReport = {
  requests,
  failures,
  met,
  heapBefore,
  heapAfter,
  timersBefore,
  timersAfter,
  holdingsBefore,
  holdingsAfter,
  holdingsClosed: { ...holdings },
  remaining,
  counted: LIMIT - remaining,
  refusal,
  refusedHoldings,
  generationBefore,
  generationAfterRefusal,
  slow: { stamp: slowStamp, instancesDuring },
  groupUsers,
  groupListeners,
  requestsActive,
};
console.log(JSON.stringify(report));
for (const server of [fast, other, slow]) {
  server.closeAllConnections();
  server.close();
}
rmSync(folder, { recursive: true, force: true });
