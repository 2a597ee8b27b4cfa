/**
 * How long the present request body may still be waited for: no pause too long, and not too little on the whole.
 * Only time in which the client is waited for counts; pauses that we made do not.
 */
import type { Deadlines } from './deadlines.ts';

export interface BodyTimes {
  readonly bodyIdleTimeoutMs: number;
  /** Octets a second on average; 0 = no bound. */
  readonly minBodyRate: number;
  readonly minBodyGraceMs: number;
}

export class BodyClock {
  private readonly times: BodyTimes;
  private readonly deadlines: Deadlines;
  /** Time in which the body was waited for, up to `since`. */
  private waitedMs = 0;
  private since = 0;

  constructor(times: BodyTimes, deadlines: Deadlines) {
    this.times = times;
    this.deadlines = deadlines;
  }

  /** From now on the client is waited for, and nothing counts of what was before. */
  start(): void {
    this.waitedMs = 0;
    this.since = this.deadlines.lately;
  }

  /** The client is not waited for any more. */
  pause(): void {
    this.waitedMs += this.deadlines.lately - this.since;
  }

  resume(): void {
    this.since = this.deadlines.lately;
  }

  /** When the next piece must have come. `rated`: the average counts as well. */
  deadline(receivedBytes: number, rated: boolean): number {
    this.advance();
    let timeoutMs = this.times.bodyIdleTimeoutMs;
    if (rated && this.times.minBodyRate > 0) {
      const left = this.leftMs(receivedBytes);
      if (left < timeoutMs) timeoutMs = Math.max(left, 0);
    }
    return this.deadlines.after(timeoutMs);
  }

  /** Whether the average is what the body fails for. */
  tooSlow(receivedBytes: number): boolean {
    if (this.times.minBodyRate === 0) return false;
    this.advance();
    return this.leftMs(receivedBytes) <= 0;
  }

  private advance(): void {
    const now = this.deadlines.lately;
    this.waitedMs += now - this.since;
    this.since = now;
  }

  private leftMs(receivedBytes: number): number {
    const { minBodyRate, minBodyGraceMs } = this.times;
    return minBodyGraceMs + (receivedBytes * 1000) / minBodyRate - this.waitedMs;
  }
}
