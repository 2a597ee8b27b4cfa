/** However many connections come at once, they enter at the rate that is set. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '../../../shared/upstream/test/fake-clock.ts';
import { Admission } from '../admission.ts';

class FakeSocket extends EventEmitter {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function sockets(count: number): readonly FakeSocket[] {
  return Array.from({ length: count }, () => new FakeSocket());
}

/** Most that entered within any second. */
function peak(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}

test('500 nodes that come back at once enter at a bounded rate, and all of them', async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const admission = new Admission({ perSecond: 100, burst: 20, waiting: 1000 }, clock, () =>
    times.push(clock.now()),
  );
  for (const socket of sockets(500)) assert.ok(admission.arrive(socket as unknown as Socket));
  await clock.advance(10_000);
  assert.equal(times.length, 500);
  assert.ok(peak(times) <= 121, String(peak(times)));
  assert.ok((times.at(-1) as number) - (times[0] as number) <= 5_000);
  assert.equal(clock.timers, 0);
});

test('what cannot wait is dropped; who leaves while waiting takes nobody\u2019s turn', async () => {
  const clock = new FakeClock();
  const entered: FakeSocket[] = [];
  const admission = new Admission({ perSecond: 10, burst: 1, waiting: 5 }, clock, (socket) =>
    entered.push(socket as unknown as FakeSocket),
  );
  const all = sockets(10);
  const taken = all.filter((socket) => admission.arrive(socket as unknown as Socket));
  assert.equal(taken.length, 6);
  assert.equal(all.filter(({ destroyed }) => destroyed).length, 4);
  taken[1]?.emit('error', new Error('reset'));
  taken[1]?.destroy();
  await clock.advance(400);
  assert.deepEqual(entered, [taken[0], taken[2], taken[3], taken[4], taken[5]]);
});

test('at the end nobody waits any more', async () => {
  const clock = new FakeClock();
  const admission = new Admission({ perSecond: 1, burst: 1, waiting: 5 }, clock, () => {});
  const all = sockets(4);
  for (const socket of all) admission.arrive(socket as unknown as Socket);
  admission.close();
  assert.equal(admission.waiting, 0);
  assert.equal(all.filter(({ destroyed }) => destroyed).length, 3);
  assert.equal(clock.timers, 0);
});
