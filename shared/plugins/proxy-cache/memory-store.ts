/**
 * Stored responses of one worker, bounded by the bytes they take; what was not used for longest goes first. A hit copies
 * nothing. Marks of invalidation are kept apart: when there are too many, everything older than the oldest is over.
 */
import { type Stored, sizeOf } from './stored-response.ts';

export interface CacheStore {
  /** Undefined when there is nothing, or what there is was invalidated. */
  get(key: string, resource: string, nowMs: number): Stored | undefined | Promise<Stored | undefined>;
  set(key: string, stored: Stored, nowMs: number): void;
  /** True when there was something. */
  delete(key: string): boolean | Promise<boolean>;
  /** Nothing that was stored of the resource before is used any more. */
  invalidate(resource: string, nowMs: number): void;
  clear(): void | Promise<void>;
}

const MAX_MARKS = 10_000;
const PER_ENTRY_BYTES = 200;

interface Entry {
  readonly stored: Stored;
  readonly bytes: number;
}

export class MemoryStore implements CacheStore {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  readonly #marks = new Map<string, number>();
  #bytes = 0;
  /** What was stored by then is over. */
  #floor = 0;
  readonly #tell: (bytes: number) => void;

  constructor(maxBytes: number, tell: (bytes: number) => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#tell = tell;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, resource: string, nowMs: number): Stored | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { stored } = entry;
    const isOver =
      stored.keepUntil <= nowMs ||
      (stored.kind === 'response' &&
        stored.askedAt <= Math.max(this.#floor, this.#marks.get(resource) ?? Number.NEGATIVE_INFINITY));
    if (isOver) {
      this.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return stored;
  }

  set(key: string, stored: Stored): void {
    const bytes = sizeOf(stored) + PER_ENTRY_BYTES;
    this.delete(key);
    if (bytes > this.#maxBytes) return;
    this.#entries.set(key, { stored, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
    this.#tell(this.#bytes);
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#tell(this.#bytes);
    return true;
  }

  invalidate(resource: string, nowMs: number): void {
    this.#marks.delete(resource);
    this.#marks.set(resource, nowMs);
    if (this.#marks.size <= MAX_MARKS) return;
    const [oldest, at] = this.#marks.entries().next().value!;
    this.#marks.delete(oldest);
    this.#floor = Math.max(this.#floor, at);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#tell(0);
  }
}
