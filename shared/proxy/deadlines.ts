/**
 * Timeouts for everything that waits: connections, idle sockets, responses. A deadline is one number on the
 * object that waits, so setting or clearing it costs a store; one timer looks over all of them.
 *
 * A deadline fires up to two ticks late. It is never early, but for the time that the event loop itself
 * was held up when it was set.
 */

/** Something that may wait. `deadline` is in milliseconds of `now()`; 0 = nothing is awaited. */
export interface Waiting {
  deadline: number;
  onDeadline(): void;
}

const TICK_MS = 100;

export class Deadlines {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;

  /** The time at the last tick: reading a field instead of the clock, for what a tick more does not hurt. */
  private tick: number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.tick = now();
  }

  /** Monotonic milliseconds as of the last tick: for measuring what takes seconds. */
  get lately(): number {
    return this.tick;
  }

  /** The deadline that lies `timeoutMs` ahead. */
  after(timeoutMs: number): number {
    return this.tick + TICK_MS + timeoutMs;
  }

  add(entry: Waiting): void {
    this.waiting.add(entry);
    if (this.timer === undefined) {
      this.tick = this.now();
      this.timer = setInterval(this.sweep, TICK_MS);
      this.timer.unref();
    }
  }

  remove(entry: Waiting): void {
    this.waiting.delete(entry);
    if (this.waiting.size === 0 && this.timer !== undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  /** Fires what is due. The timer calls it; tests may. */
  readonly sweep = (): void => {
    const now = this.now();
    this.tick = now;
    for (const entry of this.waiting) {
      if (entry.deadline !== 0 && entry.deadline <= now) {
        entry.deadline = 0;
        entry.onDeadline();
      }
    }
  };
}
