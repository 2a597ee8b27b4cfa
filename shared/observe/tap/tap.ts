/**
 * One who watches live traffic, as an engine sees them: which requests they want, how many of them at most, and what
 * waits to be sent. A watcher that does not take what it asked for loses rows and hears how many; nothing waits for
 * it and nothing grows.
 */
import type { RequestRow } from '../requests/request-record.ts';
import { compileFilter, type FilterSubject, type FilterTerm, type FilterTest } from './filter.ts';

export interface TapOptions {
  readonly terms: readonly FilterTerm[];
  /** Of the matching requests so many per cent are shown, chosen at random: 1 to 100. */
  readonly percent: number;
  readonly maxPerSecond: number;
}

/** What an engine sends of one watcher since the last batch. */
export interface TapBatch {
  /** JSON of a `RequestRow` each. */
  readonly rows: readonly string[];
  /** Requests that were looked at, that the filter let pass, and that were left out by sampling or by bounds. */
  readonly seen: number;
  readonly matched: number;
  readonly sampledOut: number;
  readonly dropped: number;
}

const MOST_WAITING = 500;

export class Tap {
  readonly #test: FilterTest;
  readonly #options: TapOptions;
  readonly #random: () => number;
  #rows: string[] = [];
  #seen = 0;
  #matched = 0;
  #sampledOut = 0;
  #dropped = 0;
  #secondFrom = Number.NEGATIVE_INFINITY;
  #left = 0;
  /** The last batch has not been taken yet. */
  #sent = false;

  constructor(options: TapOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
    this.#test = compileFilter(options.terms);
  }

  /** True when the request is to be shown: then `show` must be called. `nowMs`: monotonic. */
  wants(subject: FilterSubject, nowMs: number): boolean {
    this.#seen++;
    if (!this.#test(subject)) return false;
    this.#matched++;
    const { percent, maxPerSecond } = this.#options;
    if (percent < 100 && this.#random() * 100 >= percent) {
      this.#sampledOut++;
      return false;
    }
    if (nowMs - this.#secondFrom >= 1000) {
      this.#secondFrom = nowMs;
      this.#left = maxPerSecond;
    }
    if (this.#left <= 0 || this.#rows.length >= MOST_WAITING) {
      this.#dropped++;
      return false;
    }
    this.#left--;
    return true;
  }

  show(row: RequestRow): void {
    this.#rows.push(JSON.stringify(row));
  }

  /** What is to be sent now; undefined when there is nothing, or the last batch has not been taken. */
  batch(): TapBatch | undefined {
    if (this.#sent || this.#seen === 0) return undefined;
    const batch = {
      rows: this.#rows,
      seen: this.#seen,
      matched: this.#matched,
      sampledOut: this.#sampledOut,
      dropped: this.#dropped,
    };
    this.#rows = [];
    this.#seen = this.#matched = this.#sampledOut = this.#dropped = 0;
    this.#sent = true;
    return batch;
  }

  /** The other side has taken the last batch. */
  taken(): void {
    this.#sent = false;
  }
}
