import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestRow } from '../requests/request-record.ts';
import type { FilterSubject } from '../tap/filter.ts';
import { Tap } from '../tap/tap.ts';

const SUBJECT = { status: 200 } as FilterSubject;
const ROW = { id: '1' } as RequestRow;

test('more rows than were asked for are dropped and counted, until the next second', () => {
  const tap = new Tap({ terms: [], percent: 100, maxPerSecond: 5 });
  for (let i = 0; i < 12; i++) if (tap.wants(SUBJECT, 1000 + i)) tap.show(ROW);
  assert.deepEqual(tap.batch(), {
    rows: Array(5).fill('{"id":"1"}'),
    seen: 12,
    matched: 12,
    sampledOut: 0,
    dropped: 7,
  });
  assert.equal(tap.wants(SUBJECT, 2001), true);
});

test('what a watcher does not take does not pile up', () => {
  const tap = new Tap({ terms: [], percent: 100, maxPerSecond: 1e9 });
  for (let i = 0; i < 100_000; i++) if (tap.wants(SUBJECT, 0)) tap.show(ROW);
  const batch = tap.batch()!;
  assert.ok(batch.rows.length <= 500);
  assert.equal(batch.rows.length + batch.dropped, 100_000);
});

test('sampling shows that part of what matches', () => {
  let next = 0;
  const tap = new Tap({ terms: [], percent: 25, maxPerSecond: 1e9 }, () => (next++ % 100) / 100);
  for (let i = 0; i < 400; i++) if (tap.wants(SUBJECT, 0)) tap.show(ROW);
  const batch = tap.batch()!;
  assert.deepEqual([batch.rows.length, batch.sampledOut, batch.dropped], [100, 300, 0]);
});
