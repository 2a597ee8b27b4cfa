/**
 * The promise that known-good traffic never fails because the configuration changed: 200 swaps under load, in
 * a process of their own, and what is left behind afterwards.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import type { ReloadReport } from './run-reloads.ts';

let report: ReloadReport;

before(async () => {
  const script = join(import.meta.dirname, 'run-reloads.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script], {
    timeout: 60_000,
  });
  report = JSON.parse(stdout) as ReloadReport;
});

test('no request fails, and each meets one generation from beginning to end', () => {
  assert.deepEqual(report.failures, []);
  assert.ok(report.requests > 4000, `${report.requests} requests`);
  assert.ok(report.met.A > 1000 && report.met.B > 1000, JSON.stringify(report.met));
});

test('counts of a limit survive: every request was counted once', () => {
  // The load, the slow request and the one that asked how many are left.
  assert.equal(report.counted, report.requests + 2);
});

test('a request that takes long ends on the generation that it began with, which lives until then', () => {
  assert.equal(report.slow.stamp, 'A');
  assert.equal(report.slow.instancesDuring, 2, 'that one and the one in force');
});

test('what does not compile changes nothing', () => {
  assert.match(report.refusal, /stamp.*this one is not to be/);
  assert.equal(report.generationAfterRefusal, report.generationBefore);
  assert.deepEqual(report.refusedHoldings, report.holdingsBefore);
});

test('what generations held is let go: instances, kept resources, endpoints, timers, memory', () => {
  assert.deepEqual(report.holdingsBefore, { instances: 1, shared: 1, sharedOpened: 1, own: 1 });
  assert.deepEqual(report.holdingsAfter, report.holdingsBefore, 'the shared one was never opened again');
  assert.deepEqual(report.holdingsClosed, { instances: 0, shared: 0, sharedOpened: 1, own: 0 });
  for (const [group, users] of Object.entries(report.groupUsers)) assert.equal(users, 1, group);
  for (const [group, count] of Object.entries(report.groupListeners)) assert.ok(count <= 1, group);
  assert.equal(report.requestsActive, 0);
  // A sweep of unused endpoints or a probe may or may not be waiting.
  assert.ok(report.timersAfter <= report.timersBefore + 5, `${report.timersBefore} -> ${report.timersAfter}`);
  // One generation that is not let go is some 150 kB.
  const growth = report.heapAfter - report.heapBefore;
  assert.ok(growth < 5_000_000, `${growth} octets more after 200 generations`);
});
