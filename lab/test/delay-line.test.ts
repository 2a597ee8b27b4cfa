import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, DelayLine } from '../relay/delay-line.ts';

/** Time that passes only by timers and sleeping. */
class FakeClock implements Clock {
  ms = 0;
  private readonly tasks: { atMs: number; run: () => void }[] = [];
  now(): number {
    return this.ms;
  }
  setTimer(ms: number, run: () => void): void {
    this.tasks.push({ atMs: this.ms + ms, run });
  }
  soon(run: () => void): void {
    this.tasks.push({ atMs: this.ms, run });
  }
  sleep(ms: number): void {
    this.ms += ms;
  }
  run(): void {
    for (let next = this.tasks.shift(); next !== undefined; next = this.tasks.shift()) {
      this.ms = Math.max(this.ms, next.atMs);
      next.run();
    }
  }
}

test('everything leaves in order, at its time and not before', () => {
  const clock = new FakeClock();
  const line = new DelayLine(clock);
  const left: [string, number][] = [];
  line.add(0.4, () => left.push(['a', clock.ms]));
  line.add(0.4, () => left.push(['b', clock.ms]));
  line.add(12, () => left.push(['c', clock.ms]));
  clock.run();
  assert.deepEqual(
    left.map(([name]) => name),
    ['a', 'b', 'c'],
  );
  for (const [at, dueMs] of [0.4, 0.4, 12].entries()) {
    assert.ok(left[at]![1] >= dueMs - 1e-9 && left[at]![1] <= dueMs + 0.1, `${left[at]}`);
  }
});

test('no delay is no detour, unless something waits already', () => {
  const clock = new FakeClock();
  const line = new DelayLine(clock);
  const left: string[] = [];
  line.add(0, () => left.push('now'));
  assert.deepEqual(left, ['now']);
  line.add(1, () => left.push('later'));
  line.add(0, () => left.push('behind it'));
  assert.deepEqual(left, ['now']);
  clock.run();
  assert.deepEqual(left, ['now', 'later', 'behind it']);
});
