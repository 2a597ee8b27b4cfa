/** The heartbeat: it waits longer after each failure, stops when nobody looks, and says when the gateway is back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionMonitor } from '../../src/api/connection.ts';

function bench() {
  let now = 0;
  let up = true;
  let nextTimer = 1;
  const timers = new Map<number, { at: number; run: () => void }>();
  const log: string[] = [];
  const monitor: ConnectionMonitor = new ConnectionMonitor(
    async () => {
      log.push(`${now / 1000}`);
      if (up) monitor.answered();
      else monitor.unreachable();
    },
    () => log.push('back'),
    {
      now: () => now,
      setTimeout: (run, ms) => {
        timers.set(nextTimer, { at: now + ms, run });
        return nextTimer++;
      },
      clearTimeout: (timer) => void timers.delete(timer ?? 0),
    },
  );
  return {
    monitor,
    log,
    set: (state: boolean) => {
      up = state;
    },
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (next === undefined) break;
        const [id, { at, run }] = next;
        timers.delete(id);
        now = at;
        run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
    },
  };
}

test('every five seconds while it answers', async () => {
  const { monitor, log, pass } = bench();
  monitor.start();
  await pass(16_000);
  assert.deepEqual(log, ['5', '10', '15']);
  assert.equal(monitor.state.value.state, 'live');
});

test('after a failure in ever longer steps, up to half a minute; then it is told that it is back', async () => {
  const { monitor, log, pass, set } = bench();
  monitor.start();
  set(false);
  await pass(120_000);
  assert.deepEqual(log, ['5', '6', '8', '12', '20', '36', '66', '96']);
  assert.deepEqual(monitor.state.value, { state: 'lost', since: 5_000, retryAt: 126_000 });
  set(true);
  await pass(15_000);
  assert.deepEqual(log.slice(-4), ['96', '126', 'back', '131']);
  assert.equal(monitor.state.value.state, 'live');
});

test('nothing is asked while nobody looks, and at once when somebody does', async () => {
  const { monitor, log, pass } = bench();
  monitor.start();
  monitor.setVisible(false);
  await pass(60_000);
  assert.deepEqual(log, []);
  monitor.setVisible(true);
  await pass(1);
  assert.deepEqual(log, ['60']);
});

test('several failures at once are one', async () => {
  const { monitor, pass } = bench();
  monitor.start();
  monitor.unreachable();
  const first = monitor.state.value;
  monitor.unreachable();
  assert.deepEqual(monitor.state.value, first);
  await pass(1);
});
