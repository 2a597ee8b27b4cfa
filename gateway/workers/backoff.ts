/**
 * How long to wait before a worker that died is started again: at once the first time, then longer each
 * time, and at once again after it has lived for a while.
 */
const FIRST_MS = 100;
const MOST_MS = 10_000;
const STEADY_MS = 30_000;

export class Backoff {
  #deaths = 0;

  /** `livedMs`: how long the one that died had been serving; 0 when it never got that far. */
  next(livedMs: number): number {
    if (livedMs >= STEADY_MS) this.#deaths = 0;
    const deaths = this.#deaths++;
    return deaths === 0 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (deaths - 1));
  }
}
