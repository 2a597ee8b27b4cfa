/** One thread: limits, windows, several windows at once, reuse, eviction, bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CounterWindow } from '../../plugins/contract.ts';
import { createCounterTable, openCounterTable } from '../counter-table.ts';

const seed = Buffer.from('0123456789abcdef', 'hex');
const T = 1_760_000_000;

function window(key: string, limit: number, start = T, length = 60): CounterWindow {
  return { key, start, end: start + length, limit };
}

test('admits exactly the limit and reports the count after each take', () => {
  const table = createCounterTable({ slots: 16, seed });
  const usage: number[] = [];
  const verdicts = [1, 2, 3, 4, 5].map(() => [table.take([window('a', 3)], usage), usage[0]]);
  assert.deepEqual(verdicts, [
    [-1, 1],
    [-1, 2],
    [-1, 3],
    [0, 3],
    [0, 3],
  ]);
  assert.equal(table.read(window('a', 3)), 3);
});

test('a fractional limit admits while the count is below it', () => {
  const table = createCounterTable({ slots: 16, seed });
  const usage: number[] = [];
  assert.equal(table.take([window('a', 1.5)], usage), -1);
  assert.equal(table.take([window('a', 1.5)], usage), -1);
  assert.equal(table.take([window('a', 1.5)], usage), 0);
});

test('the next window of a key starts at zero, and other keys are apart', () => {
  const table = createCounterTable({ slots: 16, seed });
  const usage: number[] = [];
  assert.equal(table.take([window('a', 1)], usage), -1);
  assert.equal(table.take([window('a', 1)], usage), 0);
  assert.equal(table.take([window('a', 1, T + 60)], usage), -1);
  assert.equal(table.take([window('b', 1)], usage), -1);
  assert.equal(table.read(window('c', 1)), 0);
});

test('a request that one window refuses is counted in none', () => {
  const table = createCounterTable({ slots: 64, seed });
  const usage: number[] = [];
  const second = window('a:second', 2, T, 1);
  const minute = window('a:minute', 10);
  assert.equal(table.take([second, minute], usage), -1);
  assert.equal(table.take([second, minute], usage), -1);
  assert.deepEqual(usage, [2, 2]);
  assert.equal(table.take([second, minute], usage), 0);
  assert.deepEqual(usage, [2, 2]);
  assert.equal(table.take([minute, second], usage), 1);
  assert.deepEqual(usage, [2, 2]);
  assert.equal(table.read(minute), 2);
});

test('the same window twice in one take is rolled back when the second does not fit', () => {
  const table = createCounterTable({ slots: 16, seed });
  const usage: number[] = [];
  const one = window('a', 1);
  assert.equal(table.take([one, one], usage), 1);
  assert.equal(usage[0], 0);
  assert.equal(table.read(one), 0);
});

test('slots of ended windows are used again without eviction', () => {
  let now = T * 1000;
  const table = createCounterTable({ slots: 16, seed, now: () => now });
  const usage: number[] = [];
  for (let second = 0; second < 1000; second++) {
    now = (T + second) * 1000;
    for (let key = 0; key < 8; key++) table.take([window(`k${key}`, 5, T + second, 1)], usage);
  }
  const stats = table.stats();
  assert.equal(stats.inserts, 8000);
  assert.equal(stats.evictions, 0);
});

test('a full bucket evicts the window that ends first, and counts it', () => {
  const table = createCounterTable({ slots: 16, seed, now: () => T * 1000 });
  const usage: number[] = [];
  for (let key = 0; key < 16; key++) table.take([window(`k${key}`, 5, T, 100 + key)], usage);
  assert.equal(table.stats().evictions, 0);
  table.take([window('new', 5, T, 500)], usage);
  assert.equal(table.stats().evictions, 1);
  assert.equal(table.read(window('k0', 5, T, 100)), 0, 'ended first');
  assert.equal(table.read(window('k1', 5, T, 101)), 1);
  assert.equal(table.read(window('new', 5, T, 500)), 1);
});

test('a second view of the buffer sees the same counts', () => {
  const table = createCounterTable({ slots: 16, seed });
  const other = openCounterTable(table.buffer);
  const usage: number[] = [];
  table.take([window('a', 5)], usage);
  other.take([window('a', 5)], usage);
  assert.deepEqual(usage, [2]);
  assert.throws(() => openCounterTable(new SharedArrayBuffer(64)), /not a counter table/);
});

test('keys of different seeds, lengths and starts do not meet', () => {
  const table = createCounterTable({ slots: 65_536, now: () => T * 1000 });
  const usage: number[] = [];
  let total = 0;
  for (let length = 0; length < 200; length++) {
    for (let start = 0; start < 40; start++) {
      assert.equal(table.take([window('x'.repeat(length), 1, T + start, 1000)], usage), -1);
      total++;
    }
  }
  assert.equal(table.stats().inserts, total);
});

test('sizes that the table cannot have are refused', () => {
  for (const slots of [0, 8, 17, 1000, 1 << 25, 16.5]) {
    assert.throws(() => createCounterTable({ slots }), RangeError);
  }
  assert.throws(() => createCounterTable({ seed: Buffer.alloc(4) }), RangeError);
  const many = Array.from({ length: 17 }, (_, index) => window(`k${index}`, 1));
  assert.throws(() => createCounterTable().take(many, []), RangeError);
});

test('a lock left behind by a dead worker is broken, not waited for for ever', () => {
  const table = createCounterTable({ slots: 16, seed });
  const words = new Int32Array(table.buffer);
  words[words.length - 1] = 1;
  const usage: number[] = [];
  assert.equal(table.take([window('a', 5)], usage), -1);
  assert.equal(table.stats().locksBroken, 1);
  assert.equal(table.take([window('b', 5)], usage), -1);
  assert.equal(table.stats().locksBroken, 1);
});

test('add counts past the limit, and takes see it', () => {
  const table = createCounterTable({ slots: 16, seed });
  assert.equal(table.add(window('a', 3), 2), 2);
  assert.equal(table.add(window('a', 3), 5), 7);
  assert.equal(table.take([window('a', 3)], []), 0);
  assert.equal(table.read(window('a', 3)), 7);
  assert.equal(table.add(window('a', 3), 2 ** 31), 0x7fffffff, 'it stops at the bound');
});
