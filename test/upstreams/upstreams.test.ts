/** Choosing targets, and living with those that fail: through an engine, with real servers. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type GatewayOptions,
  startGateway,
  type TestGateway,
} from '../../shared/proxy/test/harness/gateway.ts';
import { ask, connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { OK, startUpstream, unusedPort } from '../../shared/proxy/test/harness/raw-upstream.ts';
import { PATIENCE_MS } from '../../shared/proxy/test/harness/waiters.ts';
import { dnsName, ipv4, serve } from '../../shared/upstream/test/dns-server.ts';
import { configurationOf } from '../harness/configuration.ts';
import { type EchoServer, startEcho } from '../harness/echo-server.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const NO_PEER = 'failure to get a peer from the ring-balancer';

interface Shape {
  readonly targets: readonly (readonly [port: number, weight: number])[];
  readonly algorithm?: string;
  /** YAML of `healthchecks`. */
  readonly healthchecks?: string;
  readonly retries?: number;
}

async function start(t: TestContext, shape: Shape, options: GatewayOptions = {}): Promise<TestGateway> {
  const targets = shape.targets.map(([port, weight]) => `{ target: "127.0.0.1:${port}", weight: ${weight} }`);
  const configuration = await configurationOf(
    `
_format_version: "3.0"
upstreams:
  - name: pool
    algorithm: ${shape.algorithm ?? 'round-robin'}
    targets: [${targets.join(', ')}]
    healthchecks: ${shape.healthchecks ?? '{}'}
services:
  - name: app
    host: pool
    retries: ${shape.retries ?? 5}
    routes: [{ name: app, paths: [/] }]
`,
    new Map(),
  );
  return startGateway(t, { configuration, ...options });
}

async function statuses(t: TestContext, gateway: TestGateway, count: number): Promise<number[]> {
  const client = await connect(t, gateway.port);
  const seen: number[] = [];
  for (let i = 0; i < count; i++) {
    client.send(GET);
    seen.push((await client.response()).status);
  }
  client.close();
  return seen;
}

const all = (count: number, status: number): number[] => new Array<number>(count).fill(status);
const taken = (...servers: EchoServer[]): number[] => servers.map(({ seen }) => seen.splice(0).length);

function healthOf(gateway: TestGateway): Record<number, string> {
  const health: Record<number, string> = {};
  for (const one of gateway.engine.status().upstreams[0]!.health) health[one.port] = one.health;
  return health;
}

async function eventually(what: string, done: () => boolean): Promise<void> {
  const started = performance.now();
  while (!done()) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('round robin shares by weight, a weight of 0 takes nothing', async (t) => {
  const [a, b, c] = [await startEcho(t), await startEcho(t), await startEcho(t)];
  const gateway = await start(t, {
    targets: [
      [a.port, 30],
      [b.port, 10],
      [c.port, 0],
    ],
  });
  assert.deepEqual(await statuses(t, gateway, 40), all(40, 200));
  assert.deepEqual(taken(a, b, c), [30, 10, 0]);
});

test('least connections avoids the one that is busy', async (t) => {
  let free: (() => void) | undefined;
  const slow = await startUpstream(t, {
    onRequest: (_, peer) => {
      free = () => peer.send(OK);
      return undefined;
    },
  });
  const quick = await startEcho(t);
  const gateway = await start(t, {
    algorithm: 'least-connections',
    targets: [
      [slow.port, 100],
      [quick.port, 100],
    ],
  });
  // Both are idle: the slow one gets a request sooner or later, and then no other.
  const held = await connect(t, gateway.port);
  let pending = held.send(GET).response();
  for (let i = 0; i < 10; i++) {
    await Promise.race([pending, slow.request(1)]);
    if (free !== undefined) break;
    pending = held.send(GET).response();
  }
  assert.ok(free !== undefined);
  taken(quick);
  assert.deepEqual(await statuses(t, gateway, 10), all(10, 200));
  assert.deepEqual([taken(quick), slow.requests.length], [[10], 1]);
  free();
  assert.equal((await pending).status, 200);
});

test('passive checks take a failing target out, active checks bring it back', async (t) => {
  const [good, bad] = [await startEcho(t), await startEcho(t)];
  const gateway = await start(
    t,
    {
      targets: [
        [good.port, 100],
        [bad.port, 100],
      ],
      healthchecks: `
      passive: { healthy: { successes: 1 }, unhealthy: { http_failures: 3, http_statuses: [500] } }
      active:
        http_path: /health
        healthy: { interval: 0, successes: 2, http_statuses: [204] }
        unhealthy: { interval: 0.05, http_failures: 2, http_statuses: [500] }`,
    },
    { probes: true },
  );
  bad.status = 500;
  const first = await statuses(t, gateway, 8);
  // It takes turns until its third failure in a row; what it has answered is not asked for again.
  assert.equal(first.filter((status) => status === 500).length, 3);
  assert.deepEqual(await statuses(t, gateway, 10), all(10, 200));
  assert.deepEqual(healthOf(gateway), { [good.port]: 'HEALTHY', [bad.port]: 'UNHEALTHY' });
  taken(good);
  bad.status = 204;
  await eventually('healthy again', () => healthOf(gateway)[bad.port] === 'HEALTHY');
  const probes = bad.seen.filter(({ target }) => target === '/health');
  assert.ok(probes.length >= 2, `${probes.length} probes`);
  taken(bad);
  assert.deepEqual((await statuses(t, gateway, 10)).sort(), [...all(5, 200), ...all(5, 204)]);
});

test('a success in between starts the count of failures anew', async (t) => {
  const [good, shaky] = [await startEcho(t), await startEcho(t)];
  const gateway = await start(t, {
    targets: [
      [good.port, 100],
      [shaky.port, 100],
    ],
    healthchecks: '{ passive: { healthy: { successes: 1 }, unhealthy: { http_failures: 2 } } }',
  });
  for (let round = 0; round < 4; round++) {
    shaky.status = 500;
    await statuses(t, gateway, 2);
    shaky.status = 200;
    await statuses(t, gateway, 2);
  }
  assert.deepEqual(healthOf(gateway), { [good.port]: 'HEALTHY', [shaky.port]: 'HEALTHY' });
});

test('a target that refuses connections costs a retry, and nothing once it is known', async (t) => {
  const good = await startEcho(t);
  const dead = await unusedPort();
  const gateway = await start(t, {
    targets: [
      [dead, 100],
      [good.port, 100],
    ],
    healthchecks: '{ passive: { unhealthy: { tcp_failures: 2 } } }',
  });
  assert.deepEqual(await statuses(t, gateway, 10), all(10, 200));
  assert.equal(gateway.counted('cardinal_upstream_retries_total', { code: 'connect_failed' }), 2);
  assert.equal(healthOf(gateway)[dead], 'UNHEALTHY');
  const body = 'x'.repeat(3000);
  const post = await ask(
    t,
    gateway.port,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n${body}`,
  );
  assert.equal(post.status, 200);
});

test('a request with a body goes whole to the next target', async (t) => {
  const good = await startEcho(t);
  const dead = await unusedPort();
  const gateway = await start(t, {
    targets: [
      [dead, 1000],
      [good.port, 1],
    ],
  });
  const body = 'b'.repeat(5000);
  for (let i = 0; i < 4; i++) {
    const sent = `POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${body}`;
    assert.equal((await ask(t, gateway.port, sent)).status, 200);
  }
  assert.deepEqual(
    good.seen.map((echo) => [echo.target, echo.body === body]),
    [0, 1, 2, 3].map((i) => [`/${i}`, true]),
  );
});

test('no target left: 503 when all are known to be down, 502 when the last attempt failed', async (t) => {
  const ports = [await unusedPort(), await unusedPort()];
  const targets = ports.map((port) => [port, 100] as const);
  const known = await start(t, {
    targets,
    retries: 0,
    healthchecks: '{ passive: { unhealthy: { tcp_failures: 1 } } }',
  });
  assert.deepEqual(await statuses(t, known, 4), [502, 502, 503, 503]);
  const refused = await ask(t, known.port, GET.replace('\r\n\r\n', '\r\nAccept: application/json\r\n\r\n'));
  assert.equal(JSON.parse(refused.body.toString()).message, NO_PEER);
  const unknown = await start(t, { targets, retries: 3 });
  assert.deepEqual(await statuses(t, unknown, 2), [502, 502]);
  assert.equal(unknown.counted('cardinal_upstream_retries_total'), 6);
  const empty = await start(t, { targets: [] });
  assert.deepEqual(await statuses(t, empty, 1), [503]);
});

test('a server that stops and comes back is used again', async (t) => {
  const [a, b] = [await startEcho(t), await startEcho(t)];
  const gateway = await start(t, {
    targets: [
      [a.port, 100],
      [b.port, 100],
    ],
  });
  assert.deepEqual(await statuses(t, gateway, 4), all(4, 200));
  await b.stop();
  assert.deepEqual(await statuses(t, gateway, 6), all(6, 200));
  taken(a, b);
  await b.restart();
  assert.deepEqual(await statuses(t, gateway, 4), all(4, 200));
  assert.deepEqual(taken(a, b), [2, 2]);
});

test('names are resolved by the configured servers: A, SRV, and none', async (t) => {
  const echo = await startEcho(t);
  const srv = Buffer.concat([
    Buffer.from([0, 0, 0, 1, echo.port >> 8, echo.port & 255]),
    dnsName('app.test'),
  ]);
  const { server, asked, socket } = await serve({
    'A app.test': [[60, ipv4('127.0.0.1')]],
    'SRV _web._tcp.app.test': [[60, srv]],
  });
  t.after(() => socket.close());
  const configuration = await configurationOf(
    `
_format_version: "3.0"
services:
  - { name: a, url: "http://app.test:${echo.port}", routes: [{ name: a, paths: [/a] }] }
  - { name: srv, url: "http://_web._tcp.app.test", routes: [{ name: srv, paths: [/srv] }] }
  - { name: gone, url: "http://gone.test", routes: [{ name: gone, paths: [/gone] }] }
`,
    new Map(),
  );
  const gateway = await startGateway(t, { configuration, settings: { dnsResolvers: [server] } });
  const at = (path: string) => ask(t, gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  assert.equal((await at('/a')).status, 200);
  assert.equal(echo.seen[0]!.headers['host'], `app.test:${echo.port}`);
  assert.equal((await at('/srv')).status, 200);
  const gone = await at('/gone');
  assert.equal(gone.status, 503);
  assert.match(gone.body.toString(), /name resolution failed/);
  assert.ok(asked.includes('A app.test') && asked.includes('SRV _web._tcp.app.test'), asked.join());
});
