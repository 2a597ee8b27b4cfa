/** A thread that takes from shared windows as fast as it can; used by `concurrency.test.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CounterWindow } from '../../plugins/contract.ts';
import { openCounterTable } from '../counter-table.ts';

const { buffer, gate, takes, windows } = workerData as {
  buffer: SharedArrayBuffer;
  gate: Int32Array;
  takes: number;
  windows: CounterWindow[][];
};
const table = openCounterTable(buffer);
const usage: number[] = [];
const admitted = windows.map(() => 0);
Atomics.add(gate, 1, 1);
Atomics.notify(gate, 1);
Atomics.wait(gate, 0, 0);
for (let round = 0; round < takes; round++) {
  for (let set = 0; set < windows.length; set++) {
    if (table.take(windows[set]!, usage) === -1) admitted[set]! += 1;
  }
}
parentPort!.postMessage(admitted);
