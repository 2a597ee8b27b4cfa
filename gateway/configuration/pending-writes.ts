/** Writes in the order in which they came; while some are being taken, the others gather. */
import type { ModelDraft } from '../model/contract.ts';
import type { WriteOrigin } from './contract.ts';

/** The most that are taken together: it bounds what one that fails costs the others. */
const MOST_TOGETHER = 500;

export interface Write {
  readonly origin: WriteOrigin;
  readonly change: (draft: ModelDraft) => unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class PendingWrites {
  readonly #take: (writes: readonly Write[]) => Promise<void>;
  #waiting: Write[] = [];
  #running = false;
  #turnAsked = false;
  #closed: Error | undefined;

  /** `take` answers each write it is given, or rejects; then those that it has not answered are rejected with that. */
  constructor(take: (writes: readonly Write[]) => Promise<void>) {
    this.#take = take;
  }

  add<T>(origin: WriteOrigin, change: (draft: ModelDraft) => T): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ origin, change, resolve: resolve as (result: unknown) => void, reject });
      this.#run();
    });
  }

  /** Calls `take` when its turn comes, even if nothing waits. */
  turn(): void {
    if (this.#closed !== undefined) return;
    this.#turnAsked = true;
    this.#run();
  }

  /** What waits and what comes later is rejected with `reason`. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const write of this.#waiting.splice(0)) write.reject(reason);
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    // In a microtask: requests that arrived together are taken together.
    queueMicrotask(async () => {
      while (this.#turnAsked || this.#waiting.length > 0) {
        this.#turnAsked = false;
        const writes = this.#waiting.splice(0, MOST_TOGETHER);
        try {
          await this.#take(writes);
        } catch (error) {
          // Settling a promise a second time does nothing.
          for (const write of writes) write.reject(error);
        }
      }
      this.#running = false;
    });
  }
}
