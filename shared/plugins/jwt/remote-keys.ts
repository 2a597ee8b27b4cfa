/**
 * The key set of an issuer, fetched in the background: at the start, at intervals, and when a token names a key that
 * is not known, then at most once in 30 seconds. No request ever waits for it. The last good set holds for a day.
 */
import type { IssuerKey, KeySet } from './key-set.ts';

const RETRY_MS = 30_000;
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

export interface RemoteKeysOptions {
  readonly fetch: () => Promise<KeySet>;
  readonly intervalMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Hears of the first failure of a spell. */
  readonly onFailure: (error: unknown) => void;
}

export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  #keys: KeySet | undefined = undefined;
  #fetchedAt = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined = undefined;
  #failing = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #closed = false;
  /** Changes with each set: what was verified with another one has to be verified again. */
  version = 0;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    void this.refresh();
  }

  /** Undefined: no such key. `unavailable`: there is no set that still holds. */
  find(kid: string): IssuerKey | undefined | 'unavailable' {
    const at = this.#options.now();
    const key = this.#keys?.get(kid);
    if (key === undefined && at - this.#triedAt >= RETRY_MS) void this.refresh();
    return this.holds() ? key : 'unavailable';
  }

  /** Whether there is a set that may be used. */
  holds(): boolean {
    return this.#keys !== undefined && this.#options.now() - this.#fetchedAt < MAX_AGE_MS;
  }

  /** One at a time. Never rejects. */
  refresh(): Promise<void> {
    this.#underWay ??= this.#fetch().finally(() => {
      this.#underWay = undefined;
      this.#schedule();
    });
    return this.#underWay;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #fetch(): Promise<void> {
    const { fetch, now, onFailure } = this.#options;
    this.#triedAt = now();
    try {
      this.#keys = await fetch();
      this.#fetchedAt = now();
      this.#failing = false;
      this.version++;
    } catch (error) {
      if (!this.#failing) onFailure(error);
      this.#failing = true;
    }
  }

  /** Spread a little, so that nodes that began together do not ask together. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const base = this.#failing ? Math.min(RETRY_MS, this.#options.intervalMs) : this.#options.intervalMs;
    this.#timer = setTimeout(() => void this.refresh(), base * (0.9 + Math.random() * 0.2));
    this.#timer.unref();
  }
}
