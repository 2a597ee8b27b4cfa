/**
 * Counts the requests of one engine. On the request path there are only increments in typed arrays that hang on
 * what was compiled, plus one look-up for a request with a consumer; nothing is allocated but the first time a key
 * is used between two reports. How many keys can have counters at one time is bounded: the rest is one key, `other`.
 */
import type { Consumer } from '../../config/entities.ts';
import { bucketOf } from './latency-buckets.ts';
import {
  CELLS,
  Count,
  DIMENSIONS,
  DIRECTIONS,
  type Dimension,
  type Direction,
  HISTOGRAMS,
  OTHER,
  TrafficKey,
} from './traffic-key.ts';
import { packCells, type TrafficReport, type TrafficRowKey } from './traffic-report.ts';

/** Keys of one dimension that can have counters between two reports; one has some 3 KB. */
const MOST_KEYS = 1024;
/** Arrays kept for the next keys. */
const MOST_SPARE = 64;

/** Something requests go to, with a place for its counters. */
export interface CountedEndpoint {
  readonly ip: string;
  readonly port: number;
  readonly hostname: string;
  readonly key: string;
  traffic: TrafficKey | undefined;
}

export class TrafficCounters {
  readonly #mostKeys: number;
  #active: TrafficKey[] = [];
  readonly #spare: Uint32Array[] = [];
  readonly #opened: Record<Dimension, number> = { route: 0, consumer: 0, target: 0, plugin: 0 };
  readonly #other: Record<Dimension, Record<Direction, TrafficKey>>;
  readonly #unmatched: Record<Direction, TrafficKey>;
  readonly #consumers: Record<Direction, Map<string, TrafficKey>>;
  readonly #plugins: Record<Direction, Map<string, TrafficKey>>;
  #lastConsumer: Consumer | undefined;
  #lastConsumerKey: TrafficKey | undefined;

  constructor(mostKeys: number = MOST_KEYS) {
    this.#mostKeys = mostKeys;
    const each = <T>(make: (direction: Direction) => T): Record<Direction, T> => ({
      edge: make('edge'),
      inbound: make('inbound'),
      outbound: make('outbound'),
    });
    const other = (dimension: Dimension) =>
      each((direction) => new TrafficKey(dimension, direction, OTHER, OTHER));
    this.#other = {
      route: other('route'),
      consumer: other('consumer'),
      target: other('target'),
      plugin: other('plugin'),
    };
    this.#unmatched = each((direction) => new TrafficKey('route', direction, '', ''));
    this.#consumers = each(() => new Map());
    this.#plugins = each(() => new Map());
  }

  /** What requests without a route are counted by. */
  unmatched(direction: Direction): TrafficKey {
    return this.#unmatched[direction];
  }

  /**
   * One finished request. Times in milliseconds; negative: there is none (`upstream`), or it says nothing (`added`,
   * and `total` of a tunnel).
   */
  count(
    key: TrafficKey,
    status: number,
    outcome: number,
    totalMs: number,
    upstreamMs: number,
    addedMs: number,
    retries: number,
    consumer: Consumer | undefined,
    endpoint: CountedEndpoint | undefined,
  ): void {
    const statusAt = status >= 100 && status < 600 ? (status / 100) | 0 : Count.status5xx;
    const total = totalMs < 0 ? -1 : HISTOGRAMS.total + bucketOf(totalMs);
    const upstream = upstreamMs < 0 ? -1 : HISTOGRAMS.upstream + bucketOf(upstreamMs);
    const added = addedMs < 0 ? -1 : HISTOGRAMS.added + bucketOf(addedMs);
    this.#add(key, statusAt, outcome, total, upstream, added, retries);
    if (consumer !== undefined) {
      const own = consumer === this.#lastConsumer ? this.#lastConsumerKey! : this.#consumerKey(key, consumer);
      this.#add(own, statusAt, outcome, total, upstream, added, retries);
    }
    if (endpoint !== undefined) {
      const own = endpoint.traffic ?? targetKey(key.direction, endpoint);
      this.#add(own, statusAt, outcome, total, upstream, added, retries);
    }
  }

  /** An attempt that failed and was followed by another one. */
  countFailedAttempt(direction: Direction, endpoint: CountedEndpoint): void {
    const key = endpoint.traffic ?? targetKey(direction, endpoint);
    this.#add(key, Count.status5xx, Count.upstream, -1, -1, -1, 0);
  }

  /** A request that a plugin has ended. */
  countEnded(direction: Direction, plugin: string, status: number): void {
    const key = this.#pluginKey(direction, plugin);
    const cells = key.cells ?? this.#open(key);
    cells[Count.requests]!++;
    if (status >= 100 && status < 600) cells[(status / 100) | 0]!++;
    key.statuses ??= new Map();
    key.statuses.set(status, (key.statuses.get(status) ?? 0) + 1);
  }

  /** How long a plugin took in one phase of a request that was measured. */
  observePlugin(direction: Direction, plugin: string, ms: number): void {
    const key = this.#pluginKey(direction, plugin);
    (key.cells ?? this.#open(key))[HISTOGRAMS.total + bucketOf(ms)]!++;
  }

  /** What was counted since the last call. */
  take(): TrafficReport {
    const keys: TrafficRowKey[] = [];
    const numbers: number[] = [];
    for (const key of this.#active) {
      const cells = key.cells!;
      const { dimension, direction, id, name, serviceId, serviceName } = key;
      keys.push({
        dimension,
        direction,
        id,
        name,
        serviceId,
        serviceName,
        ...(key.statuses === undefined ? {} : { statuses: [...key.statuses].flat() }),
      });
      packCells(cells, numbers);
      key.cells = undefined;
      key.statuses = undefined;
      if (this.#spare.length < MOST_SPARE) {
        cells.fill(0);
        this.#spare.push(cells);
      }
    }
    this.#active = [];
    for (const dimension of DIMENSIONS) this.#opened[dimension] = 0;
    for (const direction of DIRECTIONS) {
      if (this.#consumers[direction].size > this.#mostKeys) this.#consumers[direction].clear();
    }
    this.#lastConsumer = undefined;
    return { keys, numbers: Uint32Array.from(numbers) };
  }

  #add(
    key: TrafficKey,
    statusAt: number,
    outcome: number,
    total: number,
    upstream: number,
    added: number,
    retries: number,
  ): void {
    const cells = key.cells ?? this.#open(key);
    cells[Count.requests]!++;
    cells[statusAt]!++;
    if (outcome !== 0) cells[outcome]!++;
    if (retries !== 0) cells[Count.retries]! += retries;
    if (total !== -1) cells[total]!++;
    if (upstream !== -1) {
      cells[upstream]!++;
      cells[Count.answered]!++;
    }
    if (added !== -1) cells[added]!++;
  }

  #open(key: TrafficKey): Uint32Array {
    const { dimension } = key;
    const other = this.#other[dimension][key.direction];
    if (this.#opened[dimension] >= this.#mostKeys && key !== other) return other.cells ?? this.#open(other);
    this.#opened[dimension]++;
    const cells = this.#spare.pop() ?? new Uint32Array(CELLS);
    key.cells = cells;
    this.#active.push(key);
    return cells;
  }

  #consumerKey({ direction }: TrafficKey, consumer: Consumer): TrafficKey {
    const known = this.#consumers[direction];
    let key = known.get(consumer.id);
    const name = consumer.username ?? consumer.custom_id ?? consumer.id;
    if (key === undefined || key.name !== name) {
      // Emptied with the next report; until then the rest is `other`.
      if (key === undefined && known.size > this.#mostKeys) return this.#other.consumer[direction];
      key = new TrafficKey('consumer', direction, consumer.id, name);
      known.set(consumer.id, key);
    }
    this.#lastConsumer = consumer;
    this.#lastConsumerKey = key;
    return key;
  }

  #pluginKey(direction: Direction, name: string): TrafficKey {
    const known = this.#plugins[direction];
    let key = known.get(name);
    if (key === undefined) {
      if (known.size >= this.#mostKeys) return this.#other.plugin[direction];
      key = new TrafficKey('plugin', direction, name, name);
      known.set(name, key);
    }
    return key;
  }
}

function targetKey(direction: Direction, endpoint: CountedEndpoint): TrafficKey {
  const { ip, port, hostname, key } = endpoint;
  const address = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  // Up to the first bar a key is the id of the upstream, or the host of a service.
  const group = key.slice(0, key.indexOf('|'));
  endpoint.traffic = new TrafficKey('target', direction, key, address, group, hostname);
  return endpoint.traffic;
}
