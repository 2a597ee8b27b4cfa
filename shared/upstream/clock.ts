/**
 * Time, timers and chance, as everything below `upstream/` sees them, so that tests can drive all
 * three. Never keeps the process alive: every timer is unreferenced.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that only grow; the origin means nothing. */
  now(): number;
  /** Runs once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** In [0, 1). */
  random(): number;
}

class NodeTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(delayMs: number, run: () => void) {
    this.#handle = setTimeout(run, delayMs);
    this.#handle.unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, run) => new NodeTimer(delayMs, run),
  random: () => Math.random(),
};
