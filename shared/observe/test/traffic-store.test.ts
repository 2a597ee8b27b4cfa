import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeConsumer, makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { Random } from '../../test/random.ts';
import { RELATIVE_ERROR } from '../traffic/latency-buckets.ts';
import { TrafficCounters } from '../traffic/traffic-counters.ts';
import { type StatsQuery, statsDocument } from '../traffic/traffic-document.ts';
import { type Direction, Outcome, routeKey } from '../traffic/traffic-key.ts';
import { TrafficStore } from '../traffic/traffic-store.ts';
import { fromWire, readWire, toWire } from '../traffic/wire-report.ts';

const NOW = 1_700_000_005_000;
const GATEWAY = { node: 'gw-1', service: '' };
const QUERY: StatsQuery = {
  windowMs: 900_000,
  by: undefined,
  direction: undefined,
  route: undefined,
  service: undefined,
  sort: 'requests',
  limit: 100,
  series: false,
};
const service = makeService({ id: 's', name: 'orders' });

interface Traffic {
  readonly route?: string;
  readonly direction?: Direction;
  readonly status?: number;
  readonly outcome?: number;
  readonly ms?: number;
  readonly times?: number;
  readonly consumer?: string;
}

const keys = new Map<string, ReturnType<typeof routeKey>>();

function report(...traffic: Traffic[]) {
  const counters = new TrafficCounters();
  keys.clear();
  for (const {
    route = 'r',
    direction = 'edge',
    status = 200,
    outcome = 0,
    ms = 10,
    times = 1,
    consumer,
  } of traffic) {
    const text = `${direction}|${route}`;
    const key = keys.get(text) ?? routeKey(direction, makeRoute({ id: route, name: route }), service);
    keys.set(text, key);
    const who = consumer === undefined ? undefined : makeConsumer({ id: consumer, username: consumer });
    for (let i = 0; i < times; i++) counters.count(key, status, outcome, ms, ms - 1, 1, 0, who, undefined);
  }
  return counters.take();
}

// biome-ignore lint/suspicious/noExplicitAny: a document for people.
const stats = (store: TrafficStore, query: Partial<StatsQuery> = {}, now = NOW): any =>
  statsDocument(store, { ...QUERY, ...query }, now);

test('reports of several engines are one set', () => {
  const store = new TrafficStore();
  store.add(GATEWAY, report({ times: 3 }, { status: 503, outcome: Outcome.upstream }), NOW);
  store.add({ node: 'gw-2', service: '' }, report({ times: 2 }, { route: 'other-route' }), NOW);
  const { total, data } = stats(store, { by: 'route' });
  assert.equal(total.requests, 7);
  assert.equal(total.errors.upstream, 1);
  assert.equal(total.error_rate, 0.142857);
  assert.deepEqual(
    data.map((row: { name: string; requests: number }) => [row.name, row.requests]),
    [
      ['r', 6],
      ['other-route', 1],
    ],
  );
  assert.equal(data[0].service.name, 'orders');
  assert.equal(data[0].last_hit_at, Math.floor(NOW / 1000));
  const nodes = stats(store, { by: 'node' }).data;
  assert.deepEqual(
    nodes.map((row: { id: string; requests: number }) => [row.id, row.requests]),
    [
      ['gw-1', 4],
      ['gw-2', 3],
    ],
  );
});

test('what was not measured is null, not zero', () => {
  const { total } = stats(new TrafficStore(), { series: true });
  assert.equal(total.requests, 0);
  assert.equal(total.error_rate, null);
  assert.deepEqual(total.latency_ms.total, { p50: null, p90: null, p99: null });
  assert.ok(total.series.requests.every((value: unknown) => value === null));
  assert.equal(total.series.requests.length, 90);
});

test('percentiles over slots and engines are those of all values', () => {
  const store = new TrafficStore();
  const random = new Random(3);
  const values: number[] = [];
  for (let slot = 0; slot < 40; slot++) {
    const traffic = Array.from({ length: 25 }, () => {
      const ms = 1 + random.next() * 200;
      values.push(ms);
      return { ms };
    });
    store.add(GATEWAY, report(...traffic), NOW + slot * 10_000);
  }
  values.sort((a, b) => a - b);
  const { p50, p99 } = stats(store, {}, NOW + 390_000).total.latency_ms.total;
  for (const [found, quantile] of [
    [p50, 0.5],
    [p99, 0.99],
  ] as const) {
    const exact = values[Math.ceil(quantile * values.length) - 1]!;
    assert.ok(Math.abs(found - exact) <= exact * (RELATIVE_ERROR + 0.01), `${found} for ${exact}`);
  }
});

test('a window holds its slots and no others, and after a quarter of an hour all is forgotten', () => {
  const store = new TrafficStore();
  for (let slot = 0; slot < 200; slot++) store.add(GATEWAY, report({}), NOW + slot * 10_000);
  const end = NOW + 199 * 10_000;
  assert.equal(stats(store, { windowMs: 60_000 }, end).total.requests, 6);
  assert.equal(stats(store, { windowMs: 900_000 }, end).total.requests, 90);
  assert.equal(stats(store, {}, end + 890_000).total.requests, 1);
  assert.equal(stats(store, {}, end + 910_000).total.requests, 0);
  const { series } = stats(store, { windowMs: 60_000, series: true }, end).total;
  assert.deepEqual(series.requests, [1, 1, 1, 1, 1, 1]);
});

test('keys beyond the bound are one, and every request is in the total', () => {
  const store = new TrafficStore({ mostKeys: 10 });
  const traffic = Array.from({ length: 50 }, (_, at) => ({ route: `r${at}`, consumer: `c${at}` }));
  store.add(GATEWAY, report(...traffic), NOW);
  const { data, other, total } = stats(store, { by: 'route' });
  assert.equal(data.length, 10);
  assert.deepEqual(
    other.map((row: { requests: number }) => row.requests),
    [40],
  );
  assert.equal(total.requests, 50);
  assert.equal(stats(store, { by: 'consumer' }).data.length, 10);
  // Last hits are known of all of them.
  assert.notEqual(store.lastHit('r49'), undefined);
  // What has not been used for the whole time makes room.
  store.add(GATEWAY, report({ route: 'late' }), NOW + 1_000_000);
  const later = stats(store, { by: 'route' }, NOW + 1_000_000);
  assert.deepEqual(
    later.data.map(({ name }: { name: string }) => name),
    ['late'],
  );
});

test('the hops of one request are told apart by direction', () => {
  const store = new TrafficStore();
  store.add(GATEWAY, report({}), NOW);
  store.add({ node: 'm', service: 'orders' }, report({ direction: 'inbound' }), NOW);
  assert.equal(stats(store).total.requests, 2);
  assert.equal(stats(store, { direction: 'edge' }).total.requests, 1);
  assert.deepEqual(
    stats(store, { by: 'route' })
      .data.map(({ direction }: { direction: string }) => direction)
      .sort(),
    ['edge', 'inbound'],
  );
});

test('one route or service alone can be asked for', () => {
  const store = new TrafficStore();
  store.add(GATEWAY, report({ times: 2 }, { route: 'x' }), NOW);
  assert.equal(stats(store, { route: 'x' }).total.requests, 1);
  assert.equal(stats(store, { service: 'orders' }).total.requests, 3);
  assert.equal(stats(store, { service: 'unknown' }).total.requests, 0);
});

test('plugins are shown with what they ended, by status and within the window', () => {
  const store = new TrafficStore();
  const counters = new TrafficCounters();
  counters.countEnded('edge', 'key-auth', 401);
  store.add(GATEWAY, counters.take(), NOW - 600_000);
  counters.countEnded('edge', 'key-auth', 401);
  counters.countEnded('edge', 'key-auth', 403);
  counters.observePlugin('edge', 'key-auth', 0.02);
  store.add(GATEWAY, counters.take(), NOW);
  const [row] = stats(store, { by: 'plugin', windowMs: 60_000 }).data;
  assert.deepEqual(row.ended_by_status, { 401: 1, 403: 1 });
  assert.equal(row.ended, 2);
  assert.ok(row.phase_ms.p50 > 0.018 && row.phase_ms.p50 < 0.022);
});

test('a report survives the wire', () => {
  const sent = report({ times: 5 }, { route: 'x', status: 404, outcome: Outcome.client, consumer: 'alice' });
  const read = fromWire(readWire(JSON.parse(JSON.stringify(toWire(sent)))));
  const [one, other] = [new TrafficStore(), new TrafficStore()];
  one.add(GATEWAY, sent, NOW);
  other.add(GATEWAY, read, NOW);
  for (const by of ['route', 'consumer', 'service', 'node'] as const)
    assert.deepEqual(stats(other, { by, series: true }), stats(one, { by, series: true }));
});

test('a report that is too long loses names and no request', () => {
  const traffic = Array.from({ length: 400 }, (_, at) => ({ route: `route-${at}`, times: 400 - at }));
  const wire = toWire(report(...traffic), 20_000);
  assert.ok(JSON.stringify(wire).length < 20_000);
  const store = new TrafficStore();
  store.add(GATEWAY, fromWire(readWire(wire)), NOW);
  const { total, data, other } = stats(store, { by: 'route' });
  assert.equal(total.requests, (400 * 401) / 2);
  assert.equal(data[0].name, 'route-0');
  assert.ok(other[0].requests > 0);
});

test('what is no report is refused', () => {
  const good = JSON.parse(JSON.stringify(toWire(report({}))));
  assert.doesNotThrow(() => readWire(good));
  const numbers = (change: (list: number[]) => void) => {
    const list = [...good.numbers];
    change(list);
    return { ...good, numbers: list };
  };
  for (const bad of [
    undefined,
    null,
    {},
    { ...good, keys: 5 },
    { ...good, keys: [[9, 0, '', '', '', '']] },
    { ...good, keys: [[0, 0, 1, '', '', '']] },
    { ...good, keys: [['__proto__', 0, '', '', '', '']] },
    { ...good, keys: [[0, 0, 'x'.repeat(1000), '', '', '']] },
    { ...good, keys: [] },
    { ...good, keys: [[...good.keys[0], [99, 1]]] },
    { ...good, numbers: 'x' },
    numbers((list) => list.push(1)),
    numbers((list) => {
      list[0] = -1;
    }),
    numbers((list) => {
      list[0] = 1.5;
    }),
    numbers((list) => {
      list[13] = 1e6;
    }),
    numbers((list) => {
      list[14] = 5000;
    }),
    numbers((list) => {
      list[14] = 2;
    }),
  ])
    assert.throws(() => readWire(bad), RangeError, JSON.stringify(bad)?.slice(0, 80));
});
