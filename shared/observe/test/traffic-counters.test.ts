import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeConsumer, makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { bucketOf } from '../traffic/latency-buckets.ts';
import { TrafficCounters } from '../traffic/traffic-counters.ts';
import { Count, HISTOGRAMS, Outcome, routeKey } from '../traffic/traffic-key.ts';
import { forEachRow, type TrafficReport, type TrafficRowKey } from '../traffic/traffic-report.ts';

interface Row {
  readonly key: TrafficRowKey;
  readonly counts: readonly number[];
  readonly pairs: ReadonlyMap<number, number>;
}

function rowsOf(report: TrafficReport): Row[] {
  const rows: Row[] = [];
  const numbers = [...(report.numbers as Uint32Array)];
  forEachRow(report, (key, counts, pairs, end) => {
    const found = new Map<number, number>();
    for (let at = pairs; at < end; at += 2) found.set(numbers[at]!, numbers[at + 1]!);
    rows.push({ key, counts: numbers.slice(counts, pairs - 1), pairs: found });
  });
  return rows;
}

const service = makeService({ name: 'orders' });
const key = (name: string, id = name) => routeKey('edge', makeRoute({ id, name }), service);

test('a request is counted by its route, its consumer and its target, once each', () => {
  const counters = new TrafficCounters();
  const alice = makeConsumer({ username: 'alice' });
  const endpoint = {
    ip: '10.0.0.7',
    port: 80,
    hostname: 'a.test',
    key: 'upstream-1|10.0.0.7|80',
    traffic: undefined,
  };
  const route = key('one');
  counters.count(route, 200, Outcome.ok, 12, 10, 1.5, 0, alice, endpoint);
  counters.count(route, 503, Outcome.upstream, 20, -1, -1, 2, alice, endpoint);
  counters.count(route, 429, Outcome.plugin, 0.2, -1, 0.2, 0, undefined, undefined);
  const rows = rowsOf(counters.take());
  assert.deepEqual(
    rows.map(({ key }) => [key.dimension, key.name, key.serviceName]),
    [
      ['route', 'one', 'orders'],
      ['consumer', 'alice', ''],
      ['target', '10.0.0.7:80', 'a.test'],
    ],
  );
  const [byRoute, byConsumer] = rows;
  assert.equal(byRoute!.counts[Count.requests], 3);
  assert.equal(byRoute!.counts[2], 1);
  assert.equal(byRoute!.counts[4], 1);
  assert.equal(byRoute!.counts[5], 1);
  assert.equal(byRoute!.counts[Count.plugin], 1);
  assert.equal(byRoute!.counts[Count.upstream], 1);
  assert.equal(byRoute!.counts[Count.retries], 2);
  assert.equal(byRoute!.counts[Count.answered], 1);
  assert.equal(byRoute!.pairs.get(HISTOGRAMS.upstream + bucketOf(10)), 1);
  assert.equal(byRoute!.pairs.get(HISTOGRAMS.added + bucketOf(1.5)), 1);
  assert.equal(byConsumer!.counts[Count.requests], 2);
});

test('what was taken is not there any more, and is not counted twice', () => {
  const counters = new TrafficCounters();
  const route = key('one');
  counters.count(route, 200, Outcome.ok, 1, 1, 0, 0, undefined, undefined);
  assert.equal(rowsOf(counters.take()).length, 1);
  assert.deepEqual(counters.take().keys, []);
  counters.count(route, 404, Outcome.client, 1, -1, 1, 0, undefined, undefined);
  const [again] = rowsOf(counters.take());
  assert.equal(again!.counts[2], 0);
  assert.equal(again!.counts[4], 1);
  assert.equal(again!.counts[Count.requests], 1);
});

test('more keys than there may be are counted together, and none is lost', () => {
  const counters = new TrafficCounters(4);
  for (let i = 0; i < 20; i++)
    counters.count(key(`r${i}`), 200, Outcome.ok, 1, 1, 0, 0, makeConsumer({ username: `c${i}` }), undefined);
  const rows = rowsOf(counters.take());
  for (const dimension of ['route', 'consumer']) {
    const own = rows.filter(({ key }) => key.dimension === dimension);
    assert.equal(own.length, 5, dimension);
    assert.equal(
      own.reduce((sum, { counts }) => sum + counts[0]!, 0),
      20,
    );
    assert.equal(own.find(({ key }) => key.id === 'other')?.counts[0], 16);
  }
});

test('a plugin has the statuses it ended with, and what it took', () => {
  const counters = new TrafficCounters();
  counters.countEnded('edge', 'key-auth', 401);
  counters.countEnded('edge', 'key-auth', 401);
  counters.countEnded('edge', 'key-auth', 403);
  counters.observePlugin('edge', 'key-auth', 0.05);
  const [row] = rowsOf(counters.take());
  assert.deepEqual(row!.key.statuses, [401, 2, 403, 1]);
  assert.equal(row!.counts[Count.requests], 3);
  assert.equal(row!.pairs.get(HISTOGRAMS.total + bucketOf(0.05)), 1);
});

test('a report whose numbers do not fit its keys is refused', () => {
  const counters = new TrafficCounters();
  counters.countEnded('edge', 'x', 401);
  const { keys, numbers } = counters.take();
  const visit = () => {};
  const wrong = [
    { keys, numbers: [...(numbers as Uint32Array), 1] },
    { keys: [...keys, ...keys], numbers },
    { keys, numbers: [1, 2] },
  ];
  for (const report of wrong) assert.throws(() => forEachRow(report, visit), RangeError);
});
