/**
 * The traffic of the last quarter of an hour: reports of any number of engines, added up in slots of ten seconds.
 * In memory only. How many keys there are is bounded; what comes beyond is counted together, as `other`. Histograms
 * are kept sparse and are added, never averaged.
 */
import { BUCKETS } from './latency-buckets.ts';
import { CELLS, COUNTS, Count, type Direction, HISTOGRAMS, OTHER } from './traffic-key.ts';
import { forEachRow, type TrafficReport } from './traffic-report.ts';
import { SLOT_MS, SLOTS, TrafficSlots } from './traffic-slots.ts';

/** What can be asked for: as reported, and what is added up from routes. */
export const STORED = ['node', 'route', 'service', 'consumer', 'plugin', 'target', 'edge'] as const;
export type Stored = (typeof STORED)[number];

/** One of which traffic is reported. */
export interface TrafficSource {
  readonly node: string;
  /** The service that a microgateway stands beside; empty for a gateway. */
  readonly service: string;
}

export interface StoredKey {
  readonly by: Stored;
  readonly direction: Direction;
  readonly id: string;
  readonly name: string;
  readonly serviceId: string;
  readonly serviceName: string;
  /** Of an `edge`: who calls; empty: clients of a gateway. */
  readonly caller: string;
  /** Milliseconds since the epoch, to a second or to a report. */
  lastHitAt: number;
  readonly slots: TrafficSlots;
}

/** Positions behind the cells: how many requests a plugin has ended with a status. */
const STATUSES = 1000;

export interface StoreOptions {
  /** Keys of each kind. */
  readonly mostKeys?: number;
  /** Milliseconds since the epoch from which there can be traffic; rates are over no longer time. Default: for ever. */
  readonly since?: number;
}

const MOST_KEYS = 1000;
/** Times of the last hit are kept for more routes than there are counters: they answer what is unused. */
const MOST_LAST_HITS = 50_000;

export class TrafficStore {
  readonly #mostKeys: number;
  readonly #keys: Record<Stored, Map<string, StoredKey>>;
  readonly #lastHits = new Map<string, number>();

  /** Milliseconds since the epoch. */
  readonly since: number;

  constructor({ mostKeys = MOST_KEYS, since = 0 }: StoreOptions = {}) {
    this.since = since;
    this.#mostKeys = mostKeys;
    this.#keys = {
      node: new Map(),
      route: new Map(),
      service: new Map(),
      consumer: new Map(),
      plugin: new Map(),
      target: new Map(),
      edge: new Map(),
    };
  }

  /**
   * Adds a report. `at`: milliseconds since the epoch, when what it counts has ended. Throws a RangeError for a report
   * that is none; part of it may have been added then.
   */
  add(source: TrafficSource, report: TrafficReport, at: number): void {
    const { numbers } = report;
    const slot = Math.floor(at / SLOT_MS);
    forEachRow(report, (key, counts, pairs, end) => {
      const { dimension, direction, id, name, serviceId, serviceName } = key;
      const add = (by: Stored, keyId: string, keyName: string, service = '', called = '', caller = '') => {
        const stored = this.#key(by, direction, keyId, keyName, service, called, caller, at);
        addRow(stored.slots, slot, numbers, counts, pairs, end);
        return stored.slots;
      };
      if (dimension !== 'route') {
        const slots = add(dimension, id, name, serviceId, serviceName);
        const { statuses = [] } = key;
        for (let i = 0; i + 1 < statuses.length; i += 2)
          slots.add(slot, STATUSES + statuses[i]!, statuses[i + 1]!);
        return;
      }
      add('route', id, name, serviceId, serviceName);
      add('node', source.node, source.node);
      // What was counted as `other` has no service.
      if (serviceId !== '') {
        add('service', serviceId, serviceName);
        const caller = direction === 'outbound' ? source.service : '';
        add('edge', `${caller}|${serviceId}`, serviceName, serviceId, serviceName, caller);
      }
      if (id !== '' && id !== OTHER) this.#hit(id, at);
    });
  }

  /** Milliseconds since the epoch; undefined when it was not hit since the process began, or too long ago. */
  lastHit(routeId: string): number | undefined {
    return this.#lastHits.get(routeId);
  }

  keys(by: Stored): readonly StoredKey[] {
    return [...this.#keys[by].values()];
  }

  #hit(routeId: string, at: number): void {
    this.#lastHits.delete(routeId);
    this.#lastHits.set(routeId, at);
    if (this.#lastHits.size > MOST_LAST_HITS) {
      const [oldest] = this.#lastHits.keys();
      this.#lastHits.delete(oldest as string);
    }
  }

  #key(
    by: Stored,
    direction: Direction,
    id: string,
    name: string,
    serviceId: string,
    serviceName: string,
    caller: string,
    at: number,
  ): StoredKey {
    const keys = this.#keys[by];
    const text = `${direction}|${id}`;
    let key = keys.get(text);
    if (key !== undefined && key.name !== name) {
      // Renamed: its history goes on under the new name.
      key = { ...key, name, serviceName };
      keys.set(text, key);
    }
    if (key === undefined) {
      // Room for one `other` of each direction is always left.
      if (id !== OTHER && keys.size >= this.#mostKeys) this.#forgetIdle(by, at);
      if (id !== OTHER && keys.size >= this.#mostKeys)
        return this.#key(by, direction, OTHER, OTHER, '', '', '', at);
      key = {
        by,
        direction,
        id,
        name,
        serviceId,
        serviceName,
        caller,
        lastHitAt: at,
        slots: new TrafficSlots(),
      };
      keys.set(text, key);
    }
    key.lastHitAt = at;
    return key;
  }

  /** Makes room: what has not been used for the whole time has nothing to show. */
  #forgetIdle(by: Stored, at: number): void {
    const keys = this.#keys[by];
    for (const [text, { lastHitAt }] of keys) {
      if (at - lastHitAt > SLOTS * SLOT_MS) keys.delete(text);
    }
  }
}

function addRow(
  slots: TrafficSlots,
  slot: number,
  numbers: ArrayLike<number>,
  from: number,
  pairsFrom: number,
  end: number,
): void {
  for (let at = 0; at < COUNTS; at++) {
    const count = numbers[from + at]!;
    if (count !== 0) slots.add(slot, at, count);
  }
  for (let at = pairsFrom; at < end; at += 2) slots.add(slot, numbers[at]!, numbers[at + 1]!);
}

/** Counters and histograms of some time, added up. */
export class TrafficSum {
  readonly cells = new Float64Array(CELLS);
  /** With which statuses a plugin has ended requests, and how many. */
  readonly statuses = new Map<number, number>();
  readonly #add = (position: number, count: number): void => {
    if (position < CELLS) this.cells[position]! += count;
    else this.statuses.set(position - STATUSES, (this.statuses.get(position - STATUSES) ?? 0) + count);
  };

  get requests(): number {
    return this.cells[Count.requests]!;
  }

  /** Adds the slots from number `from` up to and with `to`. */
  add({ slots }: StoredKey, from: number, to: number): void {
    slots.visit(from, to, this.#add);
  }

  histogram(which: keyof typeof HISTOGRAMS): Float64Array {
    return this.cells.subarray(HISTOGRAMS[which], HISTOGRAMS[which] + BUCKETS);
  }
}
