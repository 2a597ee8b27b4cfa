/** What the control plane knows of its nodes: what they have, what they refuse, and that all replicas know it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../shared/upstream/test/fake-clock.ts';
import { MemoryDocuments } from './memory-documents.ts';
import { nodeId, PLUGIN_VERSIONS, type Running, SHOP, start, type TestSource } from './running.ts';
import type { TestNode } from './test-node.ts';

type Shown = Readonly<Record<string, unknown>>;

async function shownNow({ controlPlane }: Running, node: TestNode): Promise<Shown | undefined> {
  const all = await controlPlane.nodes();
  return all.find((one) => one['id'] === node.options.node);
}

/** Acks are on their way when a node has applied something. */
async function untilShown(running: Running, node: TestNode, state: string): Promise<Shown> {
  for (;;) {
    const row = await shownNow(running, node);
    if (row?.['state'] === state) return row;
    await settle();
  }
}

function touched(source: TestSource, retries: number): void {
  const { services, ...rest } = source.served.configuration;
  source.serve({
    ...rest,
    services: services.map((service) => ({ ...service, retries })),
    hash: `${retries}`.padStart(32, '0'),
  });
}

test('a node that is up to date, with what it reports', async (t) => {
  let now = Date.now();
  const running = await start(t, { yaml: SHOP, now: () => now });
  const node = await running.node({
    node: nodeId(),
    service: 'orders',
    calls: ['users', 'nobody'],
    statusAddress: '127.0.0.1:8100',
  });
  await node.connect();
  await untilShown(running, node, 'current');
  const report = { type: 'report', rssBytes: 50_000_000, uptimeSeconds: 5, generation: 2 } as const;
  node.send({ ...report, requestsTotal: 100 });
  node.send({ type: 'ping' });
  await node.until(() => node.count('pong') === 1);
  now += 10_000;
  node.send({ ...report, requestsTotal: 300 });
  node.send({ type: 'ping' });
  await node.until(() => node.count('pong') === 2);
  const row = (await shownNow(running, node)) as Shown;
  assert.deepEqual(
    { ...row, certificate_expires_at: 0, connected_at: 0, last_seen: 0, digest: '' },
    {
      id: node.options.node,
      role: 'microgateway',
      service: 'orders',
      calls: ['users'],
      refused: ['nobody'],
      version: '0.1.0',
      hostname: `host-of-${node.options.node}`,
      ip: '127.0.0.1',
      status_address: '127.0.0.1:8100',
      connected: true,
      replica: 'replica-1',
      connected_at: 0,
      last_seen: 0,
      generation: 2,
      digest: '',
      config_hash: running.source.served.configuration.hash,
      state: 'current',
      sync_status: 'normal',
      sync_reason: null,
      drift: null,
      nack: null,
      rss_bytes: 50_000_000,
      requests_total: 300,
      requests_per_second: 20,
      uptime_seconds: 5,
      certificate_expires_at: 0,
    },
  );
  assert.equal(row['digest'], node.manifest?.digest);
  assert.equal(row['last_seen'], Math.floor(now / 1000));
});

test('a node that refuses a generation keeps the one before, is not asked again, and takes the next', async (t) => {
  let now = Date.now();
  const running = await start(t, { yaml: SHOP, now: () => now });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await untilShown(running, node, 'current');
  node.check = () => ({ resource: "plugin 'key-auth'", error: 'it does not compile' });
  now += 5_000;
  touched(running.source, 1);
  const row = await untilShown(running, node, 'nacked');
  assert.equal(row['generation'], 2);
  assert.deepEqual(row['drift'], { generations: 1, since: Math.floor(now / 1000) });
  assert.deepEqual(row['nack'], {
    generation: 3,
    resource: "plugin 'key-auth'",
    error: 'it does not compile',
    at: Math.floor(now / 1000),
  });
  assert.ok(running.log.some((line) => line.includes('refuses a generation')));

  // The same contents again are not sent again.
  const begins = node.count('begin');
  running.source.serve(running.source.served.configuration);
  node.check = () => undefined;
  touched(running.source, 2);
  await untilShown(running, node, 'current');
  assert.equal(node.count('begin'), begins + 1);
  assert.equal(node.configuration().services[0]?.retries, 2);
});

test('a node that is told to go back to what it has is up to date', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await untilShown(running, node, 'current');
  const good = running.source.served.configuration;
  node.check = () => ({ resource: 'x', error: 'y' });
  touched(running.source, 1);
  await untilShown(running, node, 'nacked');
  running.source.serve(good);
  const row = await untilShown(running, node, 'current');
  assert.equal(row['generation'], 4);
  assert.equal(row['nack'], null);
});

test('a node that does not have what a change is for is sent everything', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await untilShown(running, node, 'current');
  node.check = () => ({ resource: 'base', error: 'it changes a generation that this node does not have' });
  touched(running.source, 1);
  await node.until(() => node.count('end') === 2);
  node.check = () => undefined;
  await untilShown(running, node, 'current');
  const bases = node.frames.flatMap((frame) => (frame.type === 'begin' ? [frame.base] : []));
  assert.deepEqual(
    bases.map((base) => base === null),
    [true, false, true],
  );
});

test('more than a node takes is not sent', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders', budgetBytes: 500 });
  await node.connect();
  const row = await untilShown(running, node, 'nacked');
  assert.equal((row['nack'] as Shown)['resource'], 'budget');
  assert.match(String((row['nack'] as Shown)['error']), /^\d+ octets of entities, and it takes at most 500$/);
  assert.equal(node.frames.length, 0);
});

test('a node without a plugin that is configured for it gets no update, and one that does not need it does', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const { 'key-auth': _, ...without } = PLUGIN_VERSIONS;
  const orders = await running.node({ node: nodeId(), service: 'orders', plugins: without });
  const users = await running.node({ node: nodeId(), service: 'users', plugins: without });
  const old = await running.node({
    node: nodeId(),
    service: 'orders',
    plugins: { ...PLUGIN_VERSIONS, 'key-auth': '999.0.0' },
  });
  const foreign = await running.node({ node: nodeId(), service: 'users', version: '9.0.0' });
  for (const node of [orders, users, old, foreign]) await node.connect();
  assert.equal((await untilShown(running, users, 'current'))['sync_status'], 'normal');
  const row = await untilShown(running, orders, 'incompatible');
  assert.equal(row['sync_status'], 'plugin_set_incompatible');
  assert.equal(row['sync_reason'], 'has no plugin key-auth');
  assert.equal(
    (await untilShown(running, old, 'incompatible'))['sync_status'],
    'plugin_version_incompatible',
  );
  assert.equal(
    (await untilShown(running, foreign, 'incompatible'))['sync_status'],
    'kong_version_incompatible',
  );
  assert.equal(orders.count('begin') + old.count('begin') + foreign.count('begin'), 0);
});

test('rows as Kong shows them', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await untilShown(running, node, 'current');
  const [row] = (await running.controlPlane.dataPlanes()) as [Shown];
  assert.deepEqual(
    { ...row, last_seen: 0, cert_details: 0 },
    {
      id: node.options.node,
      hostname: `host-of-${node.options.node}`,
      ip: '127.0.0.1',
      version: '0.1.0',
      last_seen: 0,
      config_hash: running.source.served.configuration.hash,
      sync_status: 'normal',
      labels: { role: 'microgateway', service: 'orders' },
      cert_details: 0,
    },
  );
  const { id: _, ...rest } = row;
  assert.deepEqual({ ...(await running.controlPlane.clusteringStatus()) }, { [node.options.node]: rest });
});

test('nodes are known to other replicas and after a restart, and forgotten after 14 days', async (t) => {
  let now = Date.now();
  const store = new MemoryDocuments(() => now);
  const first = await start(t, { yaml: SHOP, store, now: () => now });
  const node = await first.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await untilShown(first, node, 'current');
  await first.controlPlane.close();
  await node.untilClosed();

  const second = await start(t, {
    yaml: SHOP,
    store,
    now: () => now,
    node: { id: 'replica-2', version: '0.1.0' },
  });
  const row = (await shownNow(second, node)) as Shown;
  assert.equal(row['state'], 'disconnected');
  assert.equal(row['replica'], 'replica-1');
  assert.equal(row['generation'], 2);
  now += 14 * 86_400_000;
  const third = await start(t, { yaml: SHOP, store, now: () => now });
  assert.deepEqual(await third.controlPlane.nodes(), []);
});

test('a node that is connected to another replica is shown as connected, as long as that replica says so', async (t) => {
  let now = Date.now();
  const store = new MemoryDocuments(() => now);
  const first = await start(t, { yaml: SHOP, store, now: () => now });
  const node = await first.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  const row =
    (await untilShown(first, node, 'current')) && (await first.controlPlane.node(node.options.node));
  const lost = { ...row, id: nodeId(), replica: 'replica-9' };
  await store.putDocument('node', lost.id, lost);
  const other = { id: 'replica-2', version: '0.1.0' };
  const second = await start(t, { yaml: SHOP, store, now: () => now, node: other });
  assert.equal((await second.controlPlane.node(lost.id))?.connected, true);
  now += 4 * 60_000;
  const third = await start(t, { yaml: SHOP, store, now: () => now, node: other });
  assert.equal((await third.controlPlane.node(lost.id))?.connected, false);
});

test('when it stops, nodes are asked to come back spread over time', async (t) => {
  const running = await start(t, { yaml: SHOP, limits: { connectionsPerSecond: 2 } });
  const nodes = await Promise.all(
    Array.from({ length: 8 }, () => running.node({ node: nodeId(), service: 'orders' })),
  );
  await Promise.all(nodes.map((node) => node.connect()));
  await Promise.all(nodes.map((node) => node.untilGeneration(2)));
  await running.controlPlane.close();
  await Promise.all(nodes.map((node) => node.untilClosed()));
  const times = nodes.map((node) => {
    const frame = node.frames.findLast(({ type }) => type === 'go-away');
    return frame?.type === 'go-away' ? frame.retryAfterMs : -1;
  });
  // 8 nodes at 2 a second take 4 s; they are spread over twice that and a second more.
  assert.ok(
    times.every((ms) => ms >= 500 && ms <= 9_500),
    String(times),
  );
  assert.ok(new Set(times).size > 4, String(times));
});
