/**
 * How long to wait before the next attempt: exponential with full jitter, so that the nodes of a control plane
 * that comes back do not all arrive at once. Starts over when a connection was stable.
 */
export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 60_000;
/** A connection that lived this long was a good one. */
export const STABLE_AFTER_MS = 60_000;
/** A control plane may not send its nodes away for longer. */
const LONGEST_AWAY_MS = 3_600_000;

export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return this.#random() * most;
  }

  /** A connection ended that had been open for this long. */
  ended(livedMs: number): void {
    if (livedMs >= STABLE_AFTER_MS) this.#failures = 0;
  }

  /** What to wait after `go-away`: never less than was asked for, spread over a fifth more. */
  away(retryAfterMs: number): number {
    const asked = Math.min(Math.max(0, retryAfterMs), LONGEST_AWAY_MS);
    return asked + this.#random() * Math.max(asked / 5, FIRST_DELAY_MS);
  }
}
