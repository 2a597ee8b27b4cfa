/** Real worker threads hammer the same windows: exactly the limit is admitted. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { CounterWindow } from '../../plugins/contract.ts';
import { createCounterTable } from '../counter-table.ts';

const T = Math.floor(Date.now() / 1000);

async function hammer(threads: number, takes: number, windows: CounterWindow[][], buffer: SharedArrayBuffer) {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from(
    { length: threads },
    () =>
      new Worker(new URL('./hammer.worker.ts', import.meta.url), {
        workerData: { buffer, gate, takes, windows },
      }),
  );
  const results = workers.map(async (worker) => (await once(worker, 'message'))[0] as number[]);
  while (Atomics.load(gate, 1) < threads) await new Promise((resolve) => setTimeout(resolve, 5));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  const all = await Promise.all(results);
  return windows.map((_, set) => all.reduce((sum, admitted) => sum + admitted[set]!, 0));
}

test('four threads on one key admit exactly the limit', async () => {
  const table = createCounterTable();
  const hot = { key: 'hot', start: T, end: T + 1000, limit: 70_001 };
  const [admitted] = await hammer(4, 50_000, [[hot]], table.buffer);
  assert.equal(admitted, 70_001);
  assert.equal(table.read(hot), 70_001);
  assert.equal(table.stats().inserts, 1, 'no two threads made a slot for the same window');
});

test('many keys opened by all threads at the same moment get one slot each', async () => {
  const table = createCounterTable();
  const keys = 500;
  const windows = Array.from({ length: keys }, (_, key) => [
    { key: `key ${key}`, start: T, end: T + 1000, limit: 10 },
  ]);
  const admitted = await hammer(4, 5, windows, table.buffer);
  assert.deepEqual(new Set(admitted), new Set([10]));
  assert.equal(table.stats().inserts, keys);
});

test('several windows at once: no window passes its limit and nothing refused stays counted', async () => {
  const table = createCounterTable();
  const small = { key: 'small', start: T, end: T + 1000, limit: 5_000 };
  const large = { key: 'large', start: T, end: T + 1000, limit: 1_000_000 };
  const [admitted] = await hammer(4, 5_000, [[large, small]], table.buffer);
  assert.equal(admitted, 5_000);
  assert.equal(table.read(small), 5_000);
  assert.equal(table.read(large), 5_000);
});
