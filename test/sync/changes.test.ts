/** Configurations that keep coming: bad ones change nothing, many of them leave nothing behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually, fetchFrom, folder } from '../process/cardinal-process.ts';
import { startAgent } from './agent-under-test.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { application, ordersConfiguration, startMicrogateway } from './fixture.ts';

test('a configuration that is wrong is refused, and traffic does not notice', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const good = await ordersConfiguration();
  plane.publish(good);
  const node = await startMicrogateway(t, plane, await application(t), { cwd: await folder(t) });
  await plane.frame('ack');
  // Valid field by field; the engine says no.
  const certificate = {
    ...{ id: '77777777-7777-4777-8777-777777777777', created_at: 1, updated_at: 1, tags: null },
    ...{ cert: '{vault://env/not-there}', key: '{vault://env/not-there}', cert_alt: null, key_alt: null },
  };
  plane.publish({ ...good, certificates: [certificate] });
  const nack = await plane.frame('nack');
  assert.equal(nack.generation, 2);
  assert.match(nack.error, /its vault reference has no value/);
  assert.equal(await node.ask('ann-key'), 200);
  assert.equal(await node.ask('eve-key'), 401);
  const sync = await node.sync();
  assert.equal(sync.generation, 1);
  assert.equal(sync.nackedGeneration.generation, 2);
  assert.equal(sync.connected, true);
  assert.match((await fetchFrom(node.status, '/metrics')).text, /^cardinal_sync_nacks_total 1$/m);
  // The control plane thinks that it knows what the node has; it says what it has when it connects again.
  plane.newest = undefined;
  plane.publish(await ordersConfiguration({ keys: ['ann-key', 'bob-key'] }), { generation: 3 });
  await plane.frame('ack', 0, ({ generation }) => generation === 3);
  assert.equal(await node.ask('bob-key'), 200);
  assert.equal((await node.sync()).nackedGeneration, null);
});

test('only what differs is sent and taken; what was deleted is gone', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration({ keys: ['ann-key', 'bob-key'], more: 5 }));
  const node = await startMicrogateway(t, plane, await application(t), { cwd: await folder(t) });
  await plane.frame('ack');
  assert.equal(await node.ask('bob-key', '/more/4'), 200);
  const next = plane.publish(await ordersConfiguration({ keys: ['ann-key'], more: 4 }));
  await plane.frame('ack', 0, ({ digest }) => digest === next.manifest.digest);
  assert.equal(await node.ask('bob-key'), 401);
  assert.equal(await node.ask('ann-key', '/more/4'), 404);
  assert.equal(await node.ask('ann-key', '/more/3'), 200);
});

test('hundreds of changes: three generations on disk, the heap as before, one connection', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const dataDir = await folder(t);
  const { agent, applied } = await startAgent(t, plane, { dataDir });
  await plane.frame('ack');
  const configurations = [
    await ordersConfiguration({ path: '/a', more: 200 }),
    await ordersConfiguration({ path: '/b', more: 150 }),
  ];
  const settle = async (changes: number): Promise<number> => {
    for (let i = 0; i < changes; i++) {
      const from = plane.frames.length;
      const { manifest } = plane.publish(configurations[i % 2]!);
      await plane.frame('ack', from, ({ generation }) => generation === manifest.generation);
      plane.frames.length = 0;
      applied.length = 0;
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await settle(40);
  const after = await settle(160);
  // A generation of this size is some 300 kB; 160 of them would be fifty times this bound.
  assert.ok(after - before < 1024 * 1024, `${before} -> ${after}`);
  assert.equal((await readdir(join(dataDir, 'generations'))).length, 3);
  assert.equal(plane.connections, 1);
  assert.equal(agent.status().connected, true);
});

test('reports come while it is connected', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const { systemClock } = await import('../../shared/upstream/clock.ts');
  const { REPORT_EVERY_MS } = await import('../../shared/sync/agent/agent.ts');
  await startAgent(t, plane, {
    clock: {
      ...systemClock,
      wallNow: Date.now,
      after: (delayMs, run) => systemClock.after(delayMs === REPORT_EVERY_MS ? 5 : delayMs, run),
    },
  });
  await plane.frame('ack');
  const report = await plane.frame('report', 0, ({ generation }) => generation === 1);
  assert.deepEqual(report, {
    type: 'report',
    rssBytes: 1,
    requestsTotal: 2,
    uptimeSeconds: 3,
    generation: 1,
  });
  const hello = await plane.frame('hello');
  assert.deepEqual(hello.subscription, { service: 'orders', calls: [] });
  assert.equal(hello.have, null);
  assert.equal(hello.plugins['key-auth'], '1.2.3');
  await eventually(
    async () => plane.frames.filter(({ type }) => type === 'report').length,
    (count) => count > 2,
  );
});
