/**
 * Counters in time windows, exact over all worker threads of the process: one table in a
 * SharedArrayBuffer that every worker opens. A take is a compare-and-swap on the window's count, so that
 * exactly `limit` takes are admitted whatever the concurrency.
 *
 * The table has a fixed size. A key belongs to one bucket of 16 slots; a slot whose window has ended is
 * used again. When all 16 are alive, the window that ends first is evicted, which forgets its count
 * (its key starts again at zero), and `evictions` counts it. An increment that races with the eviction
 * of its own slot may be counted twice, never zero times: pressure can only make limits stricter there.
 *
 * Bounds: counts stop at 2^31-1 (a limit above that is not enforced beyond it), windows end before 2088,
 * at most 16 windows in one take. Never does I/O, never throws on the request path.
 */
import type { CounterWindow, WindowCounters } from '../plugins/contract.ts';
import { KeyHash } from './key-hash.ts';

const { randomBytes } = process.getBuiltinModule('node:crypto');

const BUCKET = 16;
const HEADER_WORDS = 16;
const MAGIC = 0x43415244;
const H_MAGIC = 0;
const H_SLOTS = 1;
const H_SEED0 = 2;
const H_SEED1 = 3;
const H_INSERTS = 4;
const H_EVICTIONS = 5;
const H_LOCKS_BROKEN = 6;

/** 2020-01-01: ends are kept relative to it so that they fit a signed word until 2088. */
const EPOCH = 1_577_836_800;
const MAX_COUNT = 0x7fffffff;
const MAX_WINDOWS = 16;
/** A bucket's lock is held for well under a microsecond; after this many 1 ms waits its holder is dead. */
const LOCK_WAITS = 50;

export interface CounterTableOptions {
  /** Number of windows that can be alive at a time: a power of two, at least 16. Default 65,536 (1.3 MiB). */
  readonly slots?: number;
  /** 8 secret bytes; default random. Fixed only in tests. */
  readonly seed?: Uint8Array;
  /** Milliseconds since the epoch; decides which windows have ended. Default `Date.now`. */
  readonly now?: () => number;
}

export interface CounterTableStats {
  readonly slots: number;
  /** Windows opened so far. */
  readonly inserts: number;
  /** Windows that were forgotten before their end because their bucket was full. */
  readonly evictions: number;
  /** Locks taken from a worker that died while it held one. */
  readonly locksBroken: number;
}

/**
 * Makes the table. Memory is reserved at once but the system only backs the pages that are used. Hand
 * `table.buffer` to the workers, which call `openCounterTable`.
 */
export function createCounterTable(options: CounterTableOptions = {}): CounterTable {
  const slots = options.slots ?? 65_536;
  if (!Number.isInteger(slots) || slots < BUCKET || slots > 1 << 24 || (slots & (slots - 1)) !== 0) {
    throw new RangeError(`slots must be a power of two from ${BUCKET} to ${1 << 24}, not ${slots}`);
  }
  const seed = Buffer.from(options.seed ?? randomBytes(8));
  if (seed.length !== 8) throw new RangeError(`seed must be 8 bytes, not ${seed.length}`);
  const buffer = new SharedArrayBuffer((HEADER_WORDS + slots * 5 + slots / BUCKET) * 4);
  const header = new Int32Array(buffer, 0, HEADER_WORDS);
  header[H_MAGIC] = MAGIC;
  header[H_SLOTS] = slots;
  header[H_SEED0] = seed.readInt32LE(0);
  header[H_SEED1] = seed.readInt32LE(4);
  return new CounterTable(buffer, options.now ?? Date.now);
}

/** Opens a table that another thread of this process has made. */
export function openCounterTable(
  buffer: SharedArrayBuffer,
  options: Pick<CounterTableOptions, 'now'> = {},
): CounterTable {
  const header = new Int32Array(buffer, 0, HEADER_WORDS);
  if (header[H_MAGIC] !== MAGIC) throw new TypeError('the buffer is not a counter table');
  return new CounterTable(buffer, options.now ?? Date.now);
}

export class CounterTable implements WindowCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #tagLow: Int32Array;
  readonly #tagHigh: Int32Array;
  readonly #end: Int32Array;
  readonly #count: Int32Array;
  /** Even: the slot is stable. Odd: it is being given to another window. Changes with each owner. */
  readonly #generation: Int32Array;
  readonly #lock: Int32Array;
  readonly #bucketMask: number;
  readonly #hash: KeyHash;
  readonly #now: () => number;
  /** Slot and generation of what `#find` and `#insert` found; -1 when there is none. */
  #slot = -1;
  #found = 0;
  readonly #takenSlots = new Int32Array(MAX_WINDOWS);
  readonly #takenGenerations = new Int32Array(MAX_WINDOWS);

  constructor(buffer: SharedArrayBuffer, now: () => number) {
    this.buffer = buffer;
    this.#header = new Int32Array(buffer, 0, HEADER_WORDS);
    const slots = this.#header[H_SLOTS]!;
    const column = (index: number, words: number) =>
      new Int32Array(buffer, (HEADER_WORDS + index * slots) * 4, words);
    this.#tagLow = column(0, slots);
    this.#tagHigh = column(1, slots);
    this.#end = column(2, slots);
    this.#count = column(3, slots);
    this.#generation = column(4, slots);
    this.#lock = column(5, slots / BUCKET);
    this.#bucketMask = slots / BUCKET - 1;
    this.#hash = new KeyHash(this.#header[H_SEED0]!, this.#header[H_SEED1]!);
    this.#now = now;
  }

  take(windows: readonly CounterWindow[], usage: number[]): number {
    const length = windows.length;
    if (length > MAX_WINDOWS) throw new RangeError(`at most ${MAX_WINDOWS} windows in one take`);
    usage.length = length;
    if (length > 1) {
      // A request that is refused anyway must not even for a moment use up a window that has room.
      let refusing = -1;
      for (let index = 0; index < length; index++) {
        const window = windows[index]!;
        const count = this.read(window);
        this.#takenSlots[index] = this.#slot;
        this.#takenGenerations[index] = this.#found;
        usage[index] = count;
        if (refusing === -1 && count >= window.limit) refusing = index;
      }
      if (refusing !== -1) return refusing;
    }
    for (let index = 0; index < length; index++) {
      const window = windows[index]!;
      const count = this.#increment(window, length > 1 ? index : -1);
      if (count < 0) {
        for (let taken = 0; taken < index; taken++) usage[taken] = this.#giveBack(taken);
        usage[index] = ~count;
        return index;
      }
      usage[index] = count;
      this.#takenSlots[index] = this.#slot;
      this.#takenGenerations[index] = this.#found;
    }
    return -1;
  }

  read(window: CounterWindow): number {
    this.#hash.compute(window.key, window.start);
    this.#find();
    return this.#slot === -1 ? 0 : Atomics.load(this.#count, this.#slot);
  }

  add(window: CounterWindow, amount: number): number {
    // As in `#increment`: a round that ends without a result lost its slot to another window.
    for (let round = 0; round < 8; round++) {
      this.#hash.compute(window.key, window.start);
      this.#find();
      if (this.#slot === -1) this.#insert(window.end);
      const slot = this.#slot;
      const generation = this.#found;
      for (;;) {
        const count = Atomics.load(this.#count, slot);
        const next = Math.min(MAX_COUNT, count + amount);
        if (Atomics.compareExchange(this.#count, slot, count, next) !== count) continue;
        if (Atomics.load(this.#generation, slot) === generation) return next;
        break;
      }
    }
    return amount;
  }

  stats(): CounterTableStats {
    return {
      slots: this.#header[H_SLOTS]!,
      inserts: Atomics.load(this.#header, H_INSERTS) >>> 0,
      evictions: Atomics.load(this.#header, H_EVICTIONS) >>> 0,
      locksBroken: Atomics.load(this.#header, H_LOCKS_BROKEN) >>> 0,
    };
  }

  /**
   * The count after one more, or the bitwise complement of the count that refused. `looked`: index of the
   * window in this take when its slot has been looked up already, else -1.
   */
  #increment(window: CounterWindow, looked: number): number {
    const counts = this.#count;
    const generations = this.#generation;
    const limit = window.limit;
    let count = 0;
    // Each round but the last ends only because the slot was given to another window in between.
    for (let round = 0; round < 8; round++) {
      if (round === 0 && looked !== -1 && this.#takenSlots[looked] !== -1) {
        this.#slot = this.#takenSlots[looked]!;
        this.#found = this.#takenGenerations[looked]!;
      } else {
        this.#hash.compute(window.key, window.start);
        this.#find();
        if (this.#slot === -1) this.#insert(window.end);
      }
      const slot = this.#slot;
      const generation = this.#found;
      for (;;) {
        count = Atomics.load(counts, slot);
        if (count >= limit) {
          if (Atomics.load(generations, slot) === generation) return ~count;
          break;
        }
        if (count === MAX_COUNT) return count;
        if (Atomics.compareExchange(counts, slot, count, count + 1) === count) {
          if (Atomics.load(generations, slot) === generation) return count + 1;
          break;
        }
      }
    }
    return count + 1;
  }

  #giveBack(index: number): number {
    const slot = this.#takenSlots[index]!;
    for (;;) {
      const count = Atomics.load(this.#count, slot);
      if (count <= 0 || Atomics.load(this.#generation, slot) !== this.#takenGenerations[index]) return 0;
      if (Atomics.compareExchange(this.#count, slot, count, count - 1) === count) return count - 1;
    }
  }

  /** Looks for the hashed window. A window that is being inserted at this moment is not found. */
  #find(): void {
    const low = this.#hash.low;
    const high = this.#hash.high;
    const tags = this.#tagLow;
    const first = (high & this.#bucketMask) * BUCKET;
    for (let slot = first; slot < first + BUCKET; slot++) {
      // The plain read may be stale; then `#insert` looks again under the lock.
      if (tags[slot] !== low) continue;
      const generation = Atomics.load(this.#generation, slot);
      if ((generation & 1) === 1) continue;
      if (Atomics.load(tags, slot) === low && Atomics.load(this.#tagHigh, slot) === high) {
        this.#slot = slot;
        this.#found = generation;
        return;
      }
    }
    this.#slot = -1;
  }

  /** Gives the hashed window a slot, unless another thread has just done so. */
  #insert(end: number): void {
    const bucket = this.#hash.high & this.#bucketMask;
    this.#acquire(bucket);
    this.#find();
    if (this.#slot === -1) {
      const slot = this.#victim(bucket * BUCKET);
      // An odd number here was left by a holder that died; the lock is ours now.
      const writing = Atomics.load(this.#generation, slot) | 1;
      Atomics.store(this.#generation, slot, writing);
      Atomics.store(this.#tagHigh, slot, this.#hash.high);
      Atomics.store(this.#end, slot, end - EPOCH);
      Atomics.store(this.#count, slot, 0);
      Atomics.store(this.#tagLow, slot, this.#hash.low);
      const generation = (writing + 1) | 0;
      Atomics.store(this.#generation, slot, generation);
      Atomics.add(this.#header, H_INSERTS, 1);
      this.#slot = slot;
      this.#found = generation;
    }
    Atomics.store(this.#lock, bucket, 0);
    Atomics.notify(this.#lock, bucket, 1);
  }

  /** A slot of the bucket to use: never used, else ended, else the one that ends first. */
  #victim(first: number): number {
    const now = Math.floor(this.#now() / 1000) - EPOCH;
    let victim = first;
    let earliest = Number.POSITIVE_INFINITY;
    for (let slot = first; slot < first + BUCKET; slot++) {
      if (Atomics.load(this.#tagLow, slot) === 0) return slot;
      const end = Atomics.load(this.#end, slot);
      if (end < earliest) {
        earliest = end;
        victim = slot;
      }
    }
    if (earliest > now) Atomics.add(this.#header, H_EVICTIONS, 1);
    return victim;
  }

  #acquire(bucket: number): void {
    const lock = this.#lock;
    for (let spin = 0; spin < 200; spin++) {
      if (Atomics.compareExchange(lock, bucket, 0, 1) === 0) return;
    }
    for (let wait = 0; wait < LOCK_WAITS; wait++) {
      Atomics.wait(lock, bucket, 1, 1);
      if (Atomics.compareExchange(lock, bucket, 0, 1) === 0) return;
    }
    // A worker was terminated between taking and releasing it.
    Atomics.add(this.#header, H_LOCKS_BROKEN, 1);
  }
}
