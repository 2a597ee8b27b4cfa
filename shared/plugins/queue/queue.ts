/**
 * Records that wait to be handed to something slow, in batches. `push` costs an array slot and never waits; when
 * the other side is down, batches are tried again and the oldest records are dropped, so that what is held has a
 * bound. Closing hands over what waits, within a bound of its own.
 */
import type { Counter, Metrics, PluginLogger } from '../contract.ts';
import { MAX_CONCURRENCY } from './queue-fields.ts';

export interface QueueConfig {
  readonly max_batch_size: number;
  readonly max_coalescing_delay: number;
  readonly max_entries: number;
  readonly max_bytes: number | null;
  readonly max_retry_time: number;
  readonly initial_retry_delay: number;
  readonly max_retry_delay: number;
  readonly concurrency_limit: number;
}

/** For plugins without `config.queue`: what Kong's defaults are, with batches that spare system calls. */
export const DEFAULT_QUEUE: QueueConfig = {
  max_batch_size: 100,
  max_coalescing_delay: 0.1,
  max_entries: 10_000,
  max_bytes: null,
  max_retry_time: 60,
  initial_retry_delay: 0.01,
  max_retry_delay: 60,
  concurrency_limit: 1,
};

export interface QueueOptions<T> {
  readonly config: QueueConfig;
  /** Name of the plugin, for log and metrics. */
  readonly plugin: string;
  readonly metrics: Metrics;
  readonly log: PluginLogger;
  /** Rejects when the batch is to be tried again. An `Undeliverable` never will be. */
  readonly send: (batch: readonly T[]) => Promise<void>;
  /** Lets go of connections; called once, when the queue is empty or given up. */
  readonly release?: () => void;
}

/** A batch that no further attempt can help. */
export class Undeliverable extends Error {}

const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;
/** Less than the time a worker has to close. */
const DRAIN_MS = 1_500;

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

export class Queue<T> {
  readonly #options: QueueOptions<T>;
  readonly #config: QueueConfig;
  readonly #maxBytes: number;
  readonly #concurrency: number;
  readonly #full: Counter;
  readonly #failed: Counter;
  readonly #sent: Counter;
  #entries: (Entry<T> | undefined)[] = [];
  /** Index of the oldest one; what is before it is gone. */
  #head = 0;
  /** Waiting and under way. */
  #count = 0;
  #bytes = 0;
  #active = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #abandoned = false;
  readonly #retries = new Set<() => void>();
  #emptied: (() => void) | undefined;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
    this.#config = options.config;
    this.#maxBytes = options.config.max_bytes ?? DEFAULT_MAX_BYTES;
    this.#concurrency =
      options.config.concurrency_limit === -1 ? MAX_CONCURRENCY : options.config.concurrency_limit;
    const dropped = options.metrics.counter(
      'cardinal_queue_dropped_entries_total',
      'Records that were never handed over',
      ['plugin', 'reason'],
    );
    this.#full = dropped.with(options.plugin, 'queue_full');
    this.#failed = dropped.with(options.plugin, 'delivery_failed');
    this.#sent = options.metrics
      .counter('cardinal_queue_sent_entries_total', 'Records that were handed over', ['plugin'])
      .with(options.plugin);
  }

  /** Records that wait or are under way. */
  get size(): number {
    return this.#count;
  }

  push(value: T, bytes: number): void {
    if (this.#abandoned) {
      this.#failed.add(1);
      return;
    }
    while (
      this.#count > 0 &&
      (this.#count >= this.#config.max_entries || this.#bytes + bytes > this.#maxBytes)
    ) {
      // What is under way cannot be taken back: then it is the new one that has no place.
      if (!this.#dropOldest()) {
        this.#full.add(1);
        return;
      }
    }
    this.#entries.push({ value, bytes });
    this.#count++;
    this.#bytes += bytes;
    if (this.#active >= this.#concurrency) return;
    if (this.#waiting >= this.#config.max_batch_size || this.#closing) this.#start();
    else this.#timer ??= setTimeout(() => this.#due(), this.#config.max_coalescing_delay * 1000).unref();
  }

  /** Takes what waits to the other side, and resolves when that is done or has taken too long. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const retry of this.#retries) retry();
    if (this.#count > 0) {
      const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
      this.#startAll();
      let late: NodeJS.Timeout | undefined;
      await Promise.race([emptied, new Promise<void>((resolve) => (late = setTimeout(resolve, DRAIN_MS)))]);
      clearTimeout(late);
    }
    this.#abandoned = true;
    for (const retry of this.#retries) retry();
    if (this.#count > 0) {
      this.#failed.add(this.#count);
      this.#options.log.warn('records were not handed over before the end', { records: this.#count });
      this.#count = 0;
      this.#entries = [];
      this.#head = 0;
    }
    this.#options.release?.();
  }

  get #waiting(): number {
    return this.#entries.length - this.#head;
  }

  #dropOldest(): boolean {
    const oldest = this.#entries[this.#head];
    if (oldest === undefined) return false;
    this.#take();
    this.#count--;
    this.#bytes -= oldest.bytes;
    this.#full.add(1);
    return true;
  }

  #take(): Entry<T> {
    const entry = this.#entries[this.#head]!;
    this.#entries[this.#head++] = undefined;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  #due(): void {
    this.#timer = undefined;
    this.#startAll();
  }

  #startAll(): void {
    while (this.#waiting > 0 && this.#active < this.#concurrency) this.#start();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch: T[] = [];
    let bytes = 0;
    while (batch.length < this.#config.max_batch_size && this.#waiting > 0) {
      const entry = this.#take();
      batch.push(entry.value);
      bytes += entry.bytes;
    }
    this.#active++;
    void this.#deliver(batch).then((delivered) => {
      // Counted already, as lost.
      if (this.#abandoned) return;
      (delivered ? this.#sent : this.#failed).add(batch.length);
      this.#active--;
      this.#count -= batch.length;
      this.#bytes -= bytes;
      if (this.#count === 0) this.#emptied?.();
      if (this.#waiting >= this.#config.max_batch_size || this.#closing) this.#startAll();
      else if (this.#waiting > 0)
        this.#timer ??= setTimeout(() => this.#due(), this.#config.max_coalescing_delay * 1000).unref();
    });
  }

  async #deliver(batch: readonly T[]): Promise<boolean> {
    const { initial_retry_delay: first, max_retry_delay: most, max_retry_time: patience } = this.#config;
    const { log } = this.#options;
    const began = performance.now();
    for (let delay = first; ; delay = Math.min(delay * 2, most)) {
      try {
        await this.#options.send(batch);
        return true;
      } catch (error) {
        const final =
          error instanceof Undeliverable || this.#abandoned || performance.now() - began > patience * 1000;
        const fields = { records: batch.length, error: (error as Error).message };
        if (final) {
          log.error('records could not be handed over', fields);
          return false;
        }
        log.warn('handing records over failed and is tried again', { ...fields, seconds: delay });
        await this.#pause(this.#closing ? Math.min(delay, 0.2) : delay);
      }
    }
  }

  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#retries.delete(end);
        resolve();
      };
      const timer = setTimeout(end, seconds * 1000).unref();
      this.#retries.add(end);
    });
  }
}
