/**
 * How much has been used of each window: looked up before a request goes on, added to when its response says how much it
 * took. In Redis adding is not waited for, as nobody's decision depends on it any more.
 */
import type { SharedState } from '../../state/redis/shared-state.ts';
import type { CounterWindow, WindowCounters } from '../contract.ts';

const PREFIX = 'cardinal:response-ratelimiting';

export interface Usage {
  /** Counts in the order of the windows; the windows may be changed at once. */
  read(windows: readonly CounterWindow[]): readonly number[] | Promise<readonly number[]>;
  add(window: CounterWindow, amount: number): void;
}

export class LocalUsage implements Usage {
  readonly #counters: WindowCounters;

  constructor(counters: WindowCounters) {
    this.#counters = counters;
  }

  read(windows: readonly CounterWindow[]): readonly number[] {
    return windows.map((window) => this.#counters.read(window));
  }

  add(window: CounterWindow, amount: number): void {
    this.#counters.add(window, amount);
  }
}

export class RedisUsage implements Usage {
  readonly #state: SharedState;
  readonly #fallback: Usage;
  readonly #tolerant: boolean;
  readonly #now: () => number;

  constructor(state: SharedState, fallback: Usage, tolerant: boolean, now: () => number) {
    this.#state = state;
    this.#fallback = fallback;
    this.#tolerant = tolerant;
    this.#now = now;
  }

  async read(windows: readonly CounterWindow[]): Promise<readonly number[]> {
    const copies = windows.map((window) => ({ ...window }));
    try {
      return await this.#state.run((client) =>
        Promise.all(copies.map((window) => client.get(keyOf(window)).then((text) => Number(text ?? 0)))),
      );
    } catch (error) {
      if (!this.#tolerant) throw error;
      return this.#fallback.read(copies);
    }
  }

  add(window: CounterWindow, amount: number): void {
    const copy = { ...window };
    const ttl = Math.max(1, Math.ceil(copy.end - this.#now() / 1000) + 1);
    this.#state
      .run((client) => {
        const key = keyOf(copy);
        return Promise.all([client.incrby(key, amount), client.expire(key, ttl)]);
      })
      .catch(() => this.#fallback.add(copy, amount));
  }
}

function keyOf(window: CounterWindow): string {
  return `${PREFIX}:${window.key}:${window.start}`;
}
