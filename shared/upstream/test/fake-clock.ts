/**
 * A clock that stands still until it is told to move, with seeded chance. For tests only.
 */
import { Random } from '../../test/random.ts';
import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #now = 1000;
  #order = 0;
  readonly #random: Random;
  readonly #pending = new Set<Pending>();

  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.#random.next();
  }

  after(delayMs: number, run: () => void): Timer {
    const pending: Pending = { at: this.#now + delayMs, order: this.#order++, run };
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  /** Timers that have not run. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer, or undefined. */
  get nextIn(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.at - this.#now;
  }

  /** Moves time, running what falls due in order; lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#pending.delete(next);
      next.run();
      await settle();
    }
    this.#now = end;
  }

  #next(): Pending | undefined {
    let next: Pending | undefined;
    for (const pending of this.#pending) {
      if (
        next === undefined ||
        pending.at < next.at ||
        (pending.at === next.at && pending.order < next.order)
      ) {
        next = pending;
      }
    }
    return next;
  }
}

/** Lets everything that is ready, promises and immediates, run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
