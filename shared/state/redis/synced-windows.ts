/**
 * Fixed windows counted here and brought together in Redis every so often (`sync_rate`): no request ever waits. Each
 * worker knows the total as of the last synchronisation and its own since; so a limit can be passed by what all others
 * admit between two synchronisations. Without Redis the own counts go on, and are handed in when it is back.
 */
import type { CounterWindow, WindowCounters } from '../../plugins/contract.ts';
import type { SharedState } from './shared-state.ts';

/** Windows that one worker follows at a time; past it, those it has followed longest are forgotten. */
const MAX_WINDOWS = 100_000;
/** Increments in one round trip. */
const BATCH = 1000;

interface Followed {
  readonly key: string;
  readonly end: number;
  /** What Redis said last, own part included. */
  total: number;
  /** Counted here since. */
  own: number;
  /** On its way to Redis. */
  sent: number;
  /** Somebody asked since the last synchronisation. */
  asked: boolean;
}

export interface SyncedWindowsOptions {
  readonly state: SharedState;
  readonly prefix: string;
  readonly intervalMs: number;
  readonly now: () => number;
  readonly maxWindows?: number;
}

export class SyncedWindows implements WindowCounters {
  readonly #options: SyncedWindowsOptions;
  readonly #maxWindows: number;
  /** By key and start, oldest first. */
  readonly #windows = new Map<string, Followed>();
  readonly #timer: NodeJS.Timeout;
  #syncing: Promise<void> | undefined;

  constructor(options: SyncedWindowsOptions) {
    this.#options = options;
    this.#maxWindows = options.maxWindows ?? MAX_WINDOWS;
    this.#timer = setInterval(() => void this.sync(), options.intervalMs).unref();
  }

  take(windows: readonly CounterWindow[], usage: number[]): number {
    usage.length = windows.length;
    const followed: Followed[] = new Array(windows.length);
    let refusing = -1;
    for (let index = 0; index < windows.length; index++) {
      const window = windows[index]!;
      const one = this.#follow(window);
      followed[index] = one;
      const count = one.total + one.own + one.sent;
      usage[index] = Math.min(count, window.limit);
      if (refusing === -1 && count >= window.limit) refusing = index;
    }
    if (refusing !== -1) return refusing;
    for (let index = 0; index < windows.length; index++) {
      const one = followed[index]!;
      one.own++;
      usage[index]!++;
    }
    return -1;
  }

  read(window: CounterWindow): number {
    // Also what was never counted here is followed from now on: others may count it.
    const one = this.#follow(window);
    return one.total + one.own + one.sent;
  }

  add(window: CounterWindow, amount: number): number {
    const one = this.#follow(window);
    one.own += amount;
    return one.total + one.own + one.sent;
  }

  /** Hands in what was counted and learns the totals. Never rejects; one at a time. */
  sync(): Promise<void> {
    this.#syncing ??= this.#exchange().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Hands in the rest. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.sync();
  }

  #follow(window: CounterWindow): Followed {
    const id = `${window.key}:${window.start}`;
    let one = this.#windows.get(id);
    if (one === undefined) {
      one = {
        key: `${this.#options.prefix}:${id}`,
        end: window.end,
        total: 0,
        own: 0,
        sent: 0,
        asked: true,
      };
      this.#windows.set(id, one);
      if (this.#windows.size > this.#maxWindows) this.#forget();
    }
    one.asked = true;
    return one;
  }

  async #exchange(): Promise<void> {
    const { state, now } = this.#options;
    const second = now() / 1000;
    for (const [id, one] of this.#windows) if (one.end <= second) this.#windows.delete(id);
    // What was only refused here may be counted elsewhere: its total is asked for as well.
    const due = [...this.#windows.values()].filter((one) => one.asked);
    for (let from = 0; from < due.length && state.available; from += BATCH) {
      await this.#exchangeBatch(due.slice(from, from + BATCH), second);
    }
  }

  async #exchangeBatch(batch: readonly Followed[], second: number): Promise<void> {
    for (const one of batch) {
      one.sent = one.own;
      one.own = 0;
      one.asked = false;
    }
    try {
      const answers = await this.#options.state.run(async (client) => {
        // Keys may lie on several nodes of a cluster: no transaction, one write.
        const calls = batch.map((one) =>
          one.sent === 0
            ? client.get(one.key).then((text) => Number(text ?? 0))
            : Promise.all([
                client.incrby(one.key, one.sent),
                client.expire(one.key, Math.ceil(one.end - second) + 1),
              ]).then(([total]) => total),
        );
        return Promise.all(calls);
      });
      for (const [index, one] of batch.entries()) {
        one.total = answers[index]!;
        one.sent = 0;
      }
    } catch {
      // Perhaps it was counted, perhaps not: handed in again, limits can only become stricter.
      for (const one of batch) {
        one.own += one.sent;
        one.sent = 0;
        one.asked = true;
      }
    }
  }

  #forget(): void {
    const first = this.#windows.keys().next().value;
    if (first !== undefined) this.#windows.delete(first);
  }
}
