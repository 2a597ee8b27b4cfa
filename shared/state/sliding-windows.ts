/**
 * Sliding windows over any counters in fixed windows. A window is cut into ten slices that are counted separately; a
 * request looks at the slice of this moment and the ten before it, of which the oldest has left the window in part.
 *
 * Bounds, for a limit L in a window W:
 *  - in no span of W do more pass than L and a tenth of it (at least one): 11 of a limit of 10;
 *  - nothing is refused that a window of 1.1 W would admit;
 *  - steady traffic at the limit passes: the oldest slice is taken to be spread evenly, but at most that tenth of the limit
 *    is given back early on this account.
 * The slice of this moment is taken atomically, so that several workers stay within the bounds together.
 */
import type { CounterWindow, WindowCounters } from '../plugins/contract.ts';

export const SLICES = 10;

export interface SlidingLimit {
  /** Part of the counters' keys. */
  readonly name: string;
  readonly sizeMs: number;
  readonly limit: number;
}

export interface SlidingUsage {
  /** Per limit: what counts at this moment, with the request itself when it passed. */
  readonly used: number[];
  /** Per limit: milliseconds until something that counts now has left the window. */
  readonly resetMs: number[];
}

export function sliceMsOf(sizeMs: number): number {
  return Math.max(1, sizeMs / SLICES);
}

/** What may be given back early of the oldest slice. */
export function allowanceOf(limit: number): number {
  return Math.max(1, limit / 10);
}

export class SlidingWindows {
  readonly #limits: readonly SlidingLimit[];
  readonly #counters: WindowCounters;
  readonly #current: CounterWindow[];
  readonly #past: CounterWindow = { key: '', start: 0, end: 0, limit: 0 };
  readonly #usage: number[] = [];
  readonly #earlier: number[];

  constructor(limits: readonly SlidingLimit[], counters: WindowCounters) {
    this.#limits = limits;
    this.#counters = counters;
    this.#current = limits.map(() => ({ key: '', start: 0, end: 0, limit: 0 }));
    this.#earlier = limits.map(() => 0);
  }

  /**
   * Counts one in every window, unless one of them is at its limit. Returns the index of the one that refused, or -1.
   * `penalty`: a refused request counts as well, so that who does not slow down stays out.
   */
  take(identity: string, nowMs: number, penalty: boolean, out: SlidingUsage): number {
    const limits = this.#limits;
    for (let index = 0; index < limits.length; index++) {
      const { name, sizeMs, limit } = limits[index]!;
      const sliceMs = sliceMsOf(sizeMs);
      const slice = Math.floor(nowMs / sliceMs);
      const current = this.#current[index]!;
      current.key = identity + name;
      current.start = slice;
      current.end = endSecond(slice, sliceMs, sizeMs);
      const past = this.#past;
      past.key = current.key;
      let earlier = 0;
      let oldest = -1;
      for (let ago = SLICES; ago >= 1; ago--) {
        past.start = slice - ago;
        past.end = endSecond(past.start, sliceMs, sizeMs);
        let count = this.#counters.read(past);
        if (count === 0) continue;
        if (ago === SLICES) {
          const gone = (nowMs - slice * sliceMs) / sliceMs;
          count -= Math.min(count * gone, allowanceOf(limit));
        }
        if (oldest === -1) oldest = slice - ago;
        earlier += count;
      }
      this.#earlier[index] = earlier;
      current.limit = limit - earlier;
      out.resetMs[index] = (oldest === -1 ? slice : oldest) * sliceMs + sliceMs + sizeMs - nowMs;
    }
    const refusedBy = this.#counters.take(this.#current, this.#usage);
    if (refusedBy !== -1 && penalty) {
      for (let index = 0; index < limits.length; index++)
        this.#usage[index] = this.#counters.add(this.#current[index]!, 1);
    }
    for (let index = 0; index < limits.length; index++)
      out.used[index] = this.#earlier[index]! + this.#usage[index]!;
    return refusedBy;
  }
}

/** When a slice is of no more use, unix seconds. */
function endSecond(slice: number, sliceMs: number, sizeMs: number): number {
  return Math.ceil(((slice + 1) * sliceMs + sizeMs) / 1000);
}
