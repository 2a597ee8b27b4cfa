/** Bounds on how often something may happen. Time is given by the caller, in milliseconds. */

/** So many a second on average, and a burst of as many. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** True when it may happen now; it then counts. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until `take` can be true; 0: now. */
  waitMs(now: number): number {
    this.#fill(now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }

  #fill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed / 1000) * this.#perSecond);
    this.#at = Math.max(this.#at, now);
  }
}

const MAX_SOURCES = 4096;

/**
 * Failures by where they come from, in windows of a minute. A source that fails too often is refused until its window is
 * over, right or wrong, so that guessing stays slow.
 */
export class FailureThrottle {
  readonly #perMinute: number;
  readonly #windows = new Map<string, { readonly since: number; failures: number }>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Milliseconds until this source may try again; 0: now. */
  waitMs(source: string, now: number): number {
    const window = this.#windows.get(source);
    if (window === undefined || now - window.since >= 60_000) return 0;
    return window.failures < this.#perMinute ? 0 : window.since + 60_000 - now;
  }

  failed(source: string, now: number): void {
    const window = this.#windows.get(source);
    if (window !== undefined && now - window.since < 60_000) {
      window.failures++;
      return;
    }
    this.#windows.delete(source);
    // The oldest goes: whoever has that many addresses is not stopped by one table.
    if (this.#windows.size >= MAX_SOURCES) {
      const [oldest] = this.#windows.keys();
      this.#windows.delete(oldest as string);
    }
    this.#windows.set(source, { since: now, failures: 1 });
  }
}
