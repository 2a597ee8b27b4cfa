import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCoreTime, parseResidentBytes, parseStat, processTree, selectTree } from '../measure/proc.ts';

test('CPU time is user plus system time, whatever the command is called', () => {
  const line =
    '4127 (node (x) 1) S 17 4127 4127 0 -1 4194560 5000 0 0 0 321 45 7 8 20 0 11 0 99 1000000 12000 184467';
  assert.deepEqual(parseStat(line), { pid: 4127, parentPid: 17, cpuTicks: 366 });
});

test('a line that is no process is refused', () => {
  assert.throws(() => parseStat('cpu 1 2 3'), /not a line/);
});

test('resident memory is read in bytes', () => {
  assert.equal(parseResidentBytes('Name:\tnode\nVmHWM:\t   70000 kB\nVmRSS:\t   61440 kB\n'), 61440 * 1024);
  assert.equal(parseResidentBytes('Name:\tnode\nState:\tZ (zombie)\n'), 0);
});

test('a tree holds the root and all below it, and nobody else', () => {
  const all = [
    { pid: 12, parentPid: 11, cpuTicks: 1 },
    { pid: 1, parentPid: 0, cpuTicks: 1 },
    { pid: 10, parentPid: 1, cpuTicks: 1 },
    { pid: 11, parentPid: 10, cpuTicks: 1 },
    { pid: 20, parentPid: 1, cpuTicks: 1 },
  ];
  assert.deepEqual(
    selectTree(all, 10).map(({ pid }) => pid),
    [10, 11, 12],
  );
  assert.deepEqual(selectTree(all, 99), []);
});

test('this process is found in its own /proc', { skip: process.platform !== 'linux' }, () => {
  assert.equal(processTree(process.pid)[0]?.pid, process.pid);
});

test('a core is busy when it neither idles nor waits for I/O; guest time is not counted twice', () => {
  const text = 'cpu  0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 100 10 50 700 40 5 15 30 90 9\nintr 1\n';
  assert.deepEqual(parseCoreTime(text, 1), { busyTicks: 210, totalTicks: 950 });
  assert.equal(parseCoreTime(text, 7), null);
});
