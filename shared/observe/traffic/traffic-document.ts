/** What the store knows, as documents that people and programs read: `GET /_cardinal/stats`. */
import { quantiles, RELATIVE_ERROR } from './latency-buckets.ts';
import { Count, type Direction, OTHER } from './traffic-key.ts';
import { SLOT_MS } from './traffic-slots.ts';
import { type Stored, type StoredKey, type TrafficStore, TrafficSum } from './traffic-store.ts';

type Document = Readonly<Record<string, unknown>>;

export const SORT_ORDERS = ['requests', 'errors', 'p99', 'gateway_p99', 'name'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export interface StatsQuery {
  readonly windowMs: number;
  readonly by: Stored | undefined;
  readonly direction: Direction | undefined;
  /** Ids or names. */
  readonly route: string | undefined;
  readonly service: string | undefined;
  readonly sort: SortOrder;
  readonly limit: number;
  /** With values per slot of ten seconds. */
  readonly series: boolean;
}

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** `now`: milliseconds since the epoch. */
export function statsDocument(store: TrafficStore, query: StatsQuery, now: number): Document {
  const window = windowOf(query.windowMs, now, store.since);
  const narrow = query.route !== undefined || query.service !== undefined;
  const all = selected(store.keys(narrow ? 'route' : 'node'), query);
  const total = new TrafficSum();
  for (const key of all) total.add(key, window.from, window.to);
  const groups = query.by === undefined ? [] : grouped(selected(store.keys(query.by), query));
  const rows = groups
    .map((keys) => rowOf(store, keys, window, query))
    .filter(({ sum }) => sum.requests > 0 || query.by === 'plugin');
  const named = rows.filter(({ key }) => key.id !== OTHER).sort(ORDERS[query.sort]);
  const other = rows.filter(({ key }) => key.id === OTHER);
  return {
    now: now / 1000,
    window_seconds: window.seconds,
    slot_seconds: SLOT_MS / 1000,
    precision: { relative_error: RELATIVE_ERROR },
    total: {
      ...figures(total, window.seconds),
      ...(query.series ? { series: seriesOf(all, window) } : {}),
    },
    ...(query.by === undefined
      ? {}
      : {
          by: query.by,
          data: named.slice(0, query.limit).map(({ document }) => document),
          left_out: Math.max(0, named.length - query.limit),
          other: other.map(({ document }) => document),
        }),
  };
}

export interface Window {
  /** Numbers of the first and the last slot. */
  readonly from: number;
  readonly to: number;
  /** For rates: not longer than there could be traffic. */
  readonly seconds: number;
}

/** Whole slots, and the one that is being filled. */
export function windowOf(windowMs: number, now: number, since: number): Window {
  const to = Math.floor(now / SLOT_MS);
  const from = to - Math.ceil(windowMs / SLOT_MS) + 1;
  return { from, to, seconds: Math.max(1, Math.round((now - Math.max(since, from * SLOT_MS)) / 1000)) };
}

function selected(keys: readonly StoredKey[], query: StatsQuery): readonly StoredKey[] {
  const is = (wanted: string | undefined, id: string, name: string) =>
    wanted === undefined || wanted === id || wanted === name;
  return keys.filter(
    (key) =>
      (query.direction === undefined || key.direction === query.direction) &&
      (key.by !== 'route' || is(query.route, key.id, key.name)) &&
      (key.by === 'service'
        ? is(query.service, key.id, key.name)
        : is(query.service, key.serviceId, key.serviceName) || key.by === 'target'),
  );
}

/** Keys of one thing in all directions stay apart for a route or a service; a node or a plugin is one row. */
function grouped(keys: readonly StoredKey[]): readonly (readonly StoredKey[])[] {
  const groups = new Map<string, StoredKey[]>();
  for (const key of keys) {
    const together = key.by === 'node' || key.by === 'plugin';
    const text = together ? key.id : `${key.direction}|${key.id}`;
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [key]);
    else group.push(key);
  }
  return [...groups.values()];
}

interface Row {
  readonly key: StoredKey;
  readonly sum: TrafficSum;
  readonly document: Document;
}

function rowOf(store: TrafficStore, keys: readonly StoredKey[], window: Window, query: StatsQuery): Row {
  const sum = new TrafficSum();
  for (const key of keys) sum.add(key, window.from, window.to);
  const key = keys[0]!;
  const lastHitAt =
    key.by === 'route'
      ? (store.lastHit(key.id) ?? key.lastHitAt)
      : Math.max(...keys.map((one) => one.lastHitAt));
  const document = {
    id: key.id === '' ? null : key.id,
    name: key.name === '' ? null : key.name,
    ...(keys.length === 1 && key.by !== 'node' && key.by !== 'plugin' ? { direction: key.direction } : {}),
    ...(key.by === 'route' && key.serviceId !== ''
      ? { service: { id: key.serviceId, name: key.serviceName } }
      : {}),
    ...(key.by === 'target' ? { upstream: key.serviceId, hostname: key.serviceName } : {}),
    ...(key.by === 'plugin' ? pluginFigures(sum, window) : figures(sum, window.seconds)),
    last_hit_at: Math.floor(lastHitAt / 1000),
    ...(query.series ? { series: seriesOf(keys, window) } : {}),
  };
  return { key, sum, document };
}

export function figures(sum: TrafficSum, seconds: number): Document {
  const { cells, requests } = sum;
  const count = (at: number) => cells[at]!;
  const failed = count(Count.upstream) + count(Count.gateway);
  return {
    requests,
    requests_per_second: rate(requests, seconds),
    statuses: { '1xx': count(1), '2xx': count(2), '3xx': count(3), '4xx': count(4), '5xx': count(5) },
    errors: {
      upstream: count(Count.upstream),
      gateway: count(Count.gateway),
      plugin: count(Count.plugin),
      client: count(Count.client),
      aborted: count(Count.aborted),
    },
    /** What went wrong on our side or behind it; refusals and mistakes of clients are none. */
    error_rate: requests === 0 ? null : Math.round((failed / requests) * 1e6) / 1e6,
    retries: count(Count.retries),
    latency_ms: {
      total: latency(sum, 'total'),
      upstream: latency(sum, 'upstream'),
      gateway: latency(sum, 'added'),
    },
  };
}

function pluginFigures(sum: TrafficSum, window: Window): Document {
  return {
    ended: sum.requests,
    ended_per_second: rate(sum.requests, window.seconds),
    ended_by_status: Object.fromEntries([...sum.statuses].sort(([a], [b]) => a - b)),
    /** Of one phase of one request, measured on the sampled ones. */
    phase_ms: latency(sum, 'total'),
  };
}

function latency(sum: TrafficSum, which: 'total' | 'upstream' | 'added'): Document {
  const [p50, p90, p99] = quantiles(sum.histogram(which), QUANTILES).map(rounded);
  return { p50, p90, p99 };
}

/** One list per figure, from the oldest slot to the one that is being filled; null where there was nothing. */
function seriesOf(keys: readonly StoredKey[], window: Window): Document {
  const requests: (number | null)[] = [];
  const errors: (number | null)[] = [];
  const total: { p50: (number | null)[]; p99: (number | null)[] } = { p50: [], p99: [] };
  const gateway: { p50: (number | null)[]; p99: (number | null)[] } = { p50: [], p99: [] };
  for (let number = window.from; number <= window.to; number++) {
    const sum = new TrafficSum();
    for (const key of keys) sum.add(key, number, number);
    const some = sum.requests > 0;
    requests.push(some ? sum.requests : null);
    errors.push(some ? sum.cells[Count.upstream]! + sum.cells[Count.gateway]! : null);
    for (const [into, which] of [
      [total, 'total'],
      [gateway, 'added'],
    ] as const) {
      const [p50, p99] = quantiles(sum.histogram(which), [0.5, 0.99]).map(rounded) as [number, number];
      into.p50.push(p50);
      into.p99.push(p99);
    }
  }
  return { from: (window.from * SLOT_MS) / 1000, requests, errors, total_ms: total, gateway_ms: gateway };
}

function rate(count: number, seconds: number): number {
  return Math.round((count / seconds) * 100) / 100;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(3));
}

function number(row: Row, path: 'errors' | 'total' | 'added'): number {
  if (path === 'errors') return row.sum.cells[Count.upstream]! + row.sum.cells[Count.gateway]!;
  return quantiles(row.sum.histogram(path), [0.99])[0] ?? -1;
}

const ORDERS: Record<SortOrder, (a: Row, b: Row) => number> = {
  requests: (a, b) => b.sum.requests - a.sum.requests,
  errors: (a, b) => number(b, 'errors') - number(a, 'errors'),
  p99: (a, b) => number(b, 'total') - number(a, 'total'),
  gateway_p99: (a, b) => number(b, 'added') - number(a, 'added'),
  name: (a, b) => (a.key.name < b.key.name ? -1 : 1),
};
