/**
 * The clock readings of one request that was chosen to be measured: one lap after the other from its beginning to
 * its end. Only such requests have one; the others read no clock for it.
 */

export interface TraceStep {
  /** `read`, `rewrite`, `route`, `access`, `balance`, `connect`, `reuse`, `send`, `upstream`, `response`, `relay`, `log`. */
  readonly step: string;
  /** Of the plugin whose phase it is. */
  readonly plugin?: string;
  /** Milliseconds since the request's head was complete. */
  readonly at: number;
  readonly ms: number;
  /** `ended`: this step decided the answer; `failed`: an attempt that was followed by another one, or not. */
  readonly verdict?: 'ended' | 'failed';
}

/** More than that (retries without end) are not kept. */
const MOST_STEPS = 200;

export class Trace {
  readonly steps: TraceStep[] = [];
  /** Chosen at random; false: because somebody watches. */
  readonly sampled: boolean;
  readonly #now: () => number;
  readonly #startMs: number;
  #last: number;

  /** `now` and `startMs`: the monotonic clock of the exchange. */
  constructor(now: () => number, startMs: number, sampled = true) {
    this.sampled = sampled;
    this.#now = now;
    this.#startMs = startMs;
    this.#last = startMs;
  }

  /** What happened from the last lap until now. Returns how long it took, in milliseconds. */
  lap(step: string, plugin?: string, verdict?: TraceStep['verdict']): number {
    const now = this.#now();
    const ms = now - this.#last;
    if (this.steps.length < MOST_STEPS) {
      this.steps.push({
        step,
        ...(plugin === undefined ? {} : { plugin }),
        at: rounded(this.#last - this.#startMs),
        ms: rounded(ms),
        ...(verdict === undefined ? {} : { verdict }),
      });
    }
    this.#last = now;
    return ms;
  }
}

/** To microseconds. */
export function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
