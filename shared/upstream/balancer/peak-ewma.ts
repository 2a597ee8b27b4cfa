/**
 * A moving average of response times that jumps up at once and comes down slowly: a slow answer counts
 * immediately, recovery has to be shown (Finagle's peak EWMA; time constant 10 s as in Kong).
 */

const TIME_CONSTANT_MS = 10_000;

export class PeakEwma {
  #value: number;
  #at: number;

  constructor(initialMs: number, now: number) {
    this.#value = initialMs;
    this.#at = now;
  }

  observe(ms: number, now: number): void {
    // Written so that NaN is refused as well.
    if (!(ms >= 0)) return;
    const elapsed = now - this.#at;
    const keep = elapsed > 0 ? Math.exp(-elapsed / TIME_CONSTANT_MS) : 1;
    this.#value = ms > this.#value * keep ? ms : ms + (this.#value - ms) * keep;
    if (elapsed > 0) this.#at = now;
  }

  /** The average as it has decayed by `now`; changes nothing. */
  read(now: number): number {
    const elapsed = now - this.#at;
    return elapsed > 0 ? this.#value * Math.exp(-elapsed / TIME_CONSTANT_MS) : this.#value;
  }
}
