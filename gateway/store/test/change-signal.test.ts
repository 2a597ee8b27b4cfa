/** When those who watch a store are called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeSignal } from '../change-signal.ts';

function watched(): { signal: ChangeSignal; calls: () => number } {
  const signal = new ChangeSignal('0');
  let calls = 0;
  signal.add(() => calls++);
  return { signal, calls: () => calls };
}

test('a head is told once, also when it went back', () => {
  const { signal, calls } = watched();
  for (const head of ['0', '1', '1', '2', '1', '1']) assert.ok(signal.observed(head, signal.moment));
  assert.equal(calls(), 3);
});

test('what was loaded before anybody watched is not told, what was loaded later is', () => {
  const signal = new ChangeSignal('0');
  signal.loaded('5');
  let calls = 0;
  signal.add(() => calls++);
  signal.observed('5', signal.moment);
  assert.equal(calls, 0);
  signal.loaded('6');
  signal.observed('6', signal.moment);
  assert.equal(calls, 1);
});

test('an own write is not told, however its observation and its end are interleaved', () => {
  const { signal, calls } = watched();
  const before = signal.moment;
  signal.writing();
  assert.equal(signal.observed('1', before), false, 'while it is under way');
  signal.written('1');
  assert.equal(signal.observed('0', before), false, 'read before it, seen after it');
  assert.equal(signal.observed('1', signal.moment), true);
  assert.equal(calls(), 0);
});

test('a write whose outcome is unknown is told when it turns out to be written', () => {
  const { signal, calls } = watched();
  signal.writing();
  signal.written(undefined);
  signal.observed('1', signal.moment);
  assert.equal(calls(), 1);
});

test('the same listener twice is called twice, and each stops by itself', () => {
  const signal = new ChangeSignal('0');
  let calls = 0;
  const listener = (): void => void calls++;
  const stop = signal.add(listener);
  signal.add(listener);
  signal.observed('1', signal.moment);
  assert.equal(calls, 2);
  stop();
  stop();
  signal.observed('2', signal.moment);
  assert.equal(calls, 3);
  assert.ok(signal.watched);
});
