/** What becomes of what was not confirmed for long: served for ever, or, when asked for, credentials refused. */
import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../shared/upstream/clock.ts';
import { eventually, fetchFrom, folder } from '../process/cardinal-process.ts';
import { startAgent } from './agent-under-test.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { application, ordersConfiguration, startMicrogateway } from './fixture.ts';

const HOUR = 3_600_000;

/** A clock whose long timers run when the test moves the wall clock over them. */
function movable() {
  let skew = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const wallNow = () => Date.now() + skew;
  return {
    clock: {
      ...systemClock,
      random: () => 0.01,
      wallNow,
      after(delayMs: number, run: () => void) {
        if (delayMs < 10 * 60_000) return systemClock.after(delayMs, run);
        const timer = { at: wallNow() + delayMs, run };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    async advance(ms: number) {
      const end = wallNow() + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        skew += Math.max(0, (next?.at ?? end) - wallNow());
        if (next === undefined) return;
        timers.delete(next);
        next.run();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}

test('deny: refused at the bound, not before it; back as soon as the control plane confirms them', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const { clock, advance } = movable();
  plane.publish(await ordersConfiguration());
  const dataDir = await folder(t);
  const staleness = { credentialsAfterMs: 24 * HOUR, credentials: 'deny' } as const;
  const { agent, applied } = await startAgent(t, plane, { dataDir, clock, staleness });
  await plane.frame('ack');
  await plane.stop();
  await eventually(
    async () => agent.status().connected,
    (connected) => !connected,
  );
  await advance(23 * HOUR);
  const stale = agent.status();
  assert.equal(stale.perClass.credentials.state, 'stale');
  assert.equal(stale.canRunOfflineUntil, stale.perClass.credentials.hardUntil);
  assert.equal(Date.parse(stale.canRunOfflineUntil ?? '') > clock.wallNow(), true);
  assert.equal(applied.length, 1);
  await advance(HOUR + 120_000);
  await eventually(
    async () => applied.length,
    (count) => count === 2,
  );
  assert.deepEqual(applied[1]?.pluginEntities['keyauth_credentials'], []);
  assert.equal(applied[1]?.consumers.length, 1);
  assert.equal(applied[1]?.routes, applied[0]?.routes);
  const denied = agent.status();
  assert.equal(denied.perClass.credentials.state, 'denied');
  assert.equal(denied.perClass.routes.onStale, 'serve');
  assert.equal(denied.perClass.routes.hardUntil, null);

  await plane.listen();
  agent.reconnect();
  await eventually(
    async () => applied.length,
    (count) => count === 3,
  );
  assert.equal(applied[2]?.pluginEntities['keyauth_credentials']?.length, 1);
  assert.equal(agent.status().perClass.credentials.state, 'fresh');
});

test('serve: nothing changes, however long it takes', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const { clock, advance } = movable();
  plane.publish(await ordersConfiguration());
  const { agent, applied } = await startAgent(t, plane, { clock });
  await plane.frame('ack');
  await plane.stop();
  await eventually(
    async () => agent.status().connected,
    (connected) => !connected,
  );
  await advance(1000 * HOUR);
  assert.equal(applied.length, 1);
  const status = agent.status();
  assert.equal(status.canRunOfflineUntil, null);
  assert.equal(status.perClass.workloadCertificate.state, 'stale');
  assert.equal(status.stale, true);
  assert.ok((status.ageSeconds ?? 0) >= 1000 * 3600);
});

test('a refused generation: what is served ages although there is a connection', async (t) => {
  const plane = await FakeControlPlane.start(t);
  const { clock, advance } = movable();
  plane.publish(await ordersConfiguration());
  const staleness = { credentialsAfterMs: HOUR, credentials: 'deny' } as const;
  const { agent, applied } = await startAgent(t, plane, { clock, staleness });
  await plane.frame('ack');
  const good = await ordersConfiguration({ path: '/x' });
  plane.publish({ ...good, services: [] });
  await plane.frame('nack');
  plane.sendAll({ type: 'pong' });
  await advance(HOUR + 60_000);
  await eventually(
    async () => applied.length,
    (count) => count === 2,
  );
  assert.equal(agent.status().connected, true);
  assert.equal(agent.status().perClass.credentials.state, 'denied');
});

test('a restart does not make old credentials young: how old they are stands on the disk', async (t) => {
  const plane = await FakeControlPlane.start(t);
  plane.publish(await ordersConfiguration());
  const cwd = await folder(t);
  const to = await application(t);
  const first = await startMicrogateway(t, plane, to, { cwd });
  await plane.frame('ack');
  first.cardinal.child.kill('SIGTERM');
  await first.cardinal.finished;
  await plane.stop();
  const file = join(cwd, '.cardinal/generations/000000000001.generation');
  const twoHoursAgo = Date.now() / 1000 - 7200;
  await utimes(file, twoHoursAgo, twoHoursAgo);
  const args = ['--stale-credentials', 'deny', '--stale-credentials-after', '1h'];
  const again = await startMicrogateway(t, plane, to, { cwd, args });
  assert.equal(await again.ask('ann-key'), 401);
  assert.equal((await fetchFrom(again.status, '/readyz')).status, 200);
  assert.equal((await again.sync()).perClass.credentials.state, 'denied');
  await plane.listen();
  again.cardinal.child.kill('SIGHUP');
  await eventually(
    () => again.ask('ann-key'),
    (status) => status === 200,
  );
});
