/**
 * The watchers of live traffic, over all workers of a gateway. Each has a bound on rows a second for all workers
 * together; a worker is told to go on only when what it sent has been looked at, so nothing piles up between threads.
 */
import type { TapBatch, TapOptions } from '../../shared/observe/tap/tap.ts';
import type { WorkerCommand } from './protocol.ts';

/** Most watchers at one time. */
export const MOST_TAPS = 20;

export interface OpenTap {
  readonly options: TapOptions;
  /** Called with what a worker sent, less what exceeds the bound of all together. */
  readonly onBatch: (batch: TapBatch) => void;
}

interface Open extends OpenTap {
  secondFrom: number;
  left: number;
}

export class PoolTaps {
  readonly #taps = new Map<number, Open>();
  readonly #tellAll: (command: WorkerCommand) => void;
  readonly #now: () => number;
  #ids = 0;

  /** `now`: monotonic milliseconds. */
  constructor(tellAll: (command: WorkerCommand) => void, now: () => number = () => performance.now()) {
    this.#tellAll = tellAll;
    this.#now = now;
  }

  get size(): number {
    return this.#taps.size;
  }

  /** How to end it; undefined when there are too many. */
  open(tap: OpenTap): (() => void) | undefined {
    if (this.#taps.size >= MOST_TAPS) return undefined;
    const id = ++this.#ids;
    this.#taps.set(id, { ...tap, secondFrom: Number.NEGATIVE_INFINITY, left: 0 });
    this.#tellAll({ type: 'open-tap', tap: id, options: tap.options });
    return () => {
      if (this.#taps.delete(id)) this.#tellAll({ type: 'close-tap', tap: id });
    };
  }

  /** What a worker that has just come up must be told. */
  *opened(): Generator<WorkerCommand> {
    for (const [tap, { options }] of this.#taps) yield { type: 'open-tap', tap, options };
  }

  /** False when nobody waits for it any more. */
  received(id: number, batch: TapBatch): boolean {
    const tap = this.#taps.get(id);
    if (tap === undefined) return false;
    const now = this.#now();
    if (now - tap.secondFrom >= 1000) {
      tap.secondFrom = now;
      tap.left = tap.options.maxPerSecond;
    }
    const rows = batch.rows.slice(0, Math.max(0, tap.left));
    tap.left -= rows.length;
    tap.onBatch({ ...batch, rows, dropped: batch.dropped + batch.rows.length - rows.length });
    return true;
  }
}
