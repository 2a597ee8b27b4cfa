/**
 * A circuit breaker for one endpoint, opened by consecutive failures and closed by one trial request
 * that goes well. It knows nothing of other endpoints: whoever owns it says whether it may open.
 *
 *   closed --failures in a row--> open --time--> probation (one request) --success--> closed
 *                                  ^                  |
 *                                  +----- failure ----+   with twice the time
 *
 * Reports that belong to an earlier state (another epoch) change nothing, so late answers to requests
 * sent before the breaker opened can neither close it nor keep it open.
 */
import type { Clock } from './clock.ts';

export interface BreakerOptions {
  /** Failures in a row that open the breaker. Default 5. */
  readonly consecutiveFailures?: number;
  /** How long it stays open the first time, ms. Doubles each time. Default 10 000. */
  readonly baseOpenMs?: number;
  /** Default 300 000. */
  readonly maxOpenMs?: number;
  /** Up to this share is added to each time at random, 0-1. Default 0.2. */
  readonly jitter?: number;
  /** Percent of an upstream's endpoints that may be open at once (one always may). Default 50. */
  readonly maxOpenPercent?: number;
  /** Never open the last endpoint that takes requests. Default true, but false for a single endpoint. */
  readonly keepLast?: boolean;
  /** When a trial request has said nothing for so long, another is admitted, ms. Default 60 000. */
  readonly trialTimeoutMs?: number;
}

export type BreakerState = 'closed' | 'open' | 'probation';

/** What the breaker asks and tells its surroundings. */
export interface BreakerOwner {
  mayOpen(): boolean;
  changed(from: BreakerState, to: BreakerState): void;
}

/** Healthy time after which one doubling is forgotten, ms. */
const FORGIVE_MS = 10_000;

export class Breaker {
  state: BreakerState = 'closed';
  /** Changes whenever the breaker opens and when a trial request is admitted. */
  epoch = 0;
  readonly #clock: Clock;
  readonly #owner: BreakerOwner;
  readonly #limit: number;
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #jitter: number;
  readonly #trialTimeoutMs: number;
  #failures = 0;
  /** How many times the open time is doubled, plus one. */
  #openings = 0;
  #closedAt: number;
  /** When the next trial may go: end of the open time, or of the patience with the present trial. */
  #trialAt = 0;

  constructor(options: BreakerOptions, clock: Clock, owner: BreakerOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#limit = options.consecutiveFailures ?? 5;
    this.#baseMs = options.baseOpenMs ?? 10_000;
    this.#maxMs = options.maxOpenMs ?? 300_000;
    this.#jitter = options.jitter ?? 0.2;
    this.#trialTimeoutMs = options.trialTimeoutMs ?? 60_000;
    this.#closedAt = clock.now();
  }

  /** True for exactly one caller once the open time is over: its request is the trial. */
  admitTrial(): boolean {
    if (this.state === 'closed') return false;
    const now = this.#clock.now();
    if (now < this.#trialAt) return false;
    this.#trialAt = now + this.#trialTimeoutMs;
    this.epoch++;
    this.#become('probation');
    return true;
  }

  success(epoch: number): void {
    if (epoch !== this.epoch || this.state === 'open') return;
    this.#failures = 0;
    if (this.state === 'closed') return;
    this.#closedAt = this.#clock.now();
    this.#become('closed');
  }

  failure(epoch: number): void {
    if (epoch !== this.epoch || this.state === 'open') return;
    if (this.state === 'probation') {
      this.#open();
      return;
    }
    if (this.#failures < this.#limit) this.#failures++;
    if (this.#failures >= this.#limit && this.#owner.mayOpen()) {
      const forgiven = Math.floor((this.#clock.now() - this.#closedAt) / FORGIVE_MS);
      this.#openings = Math.max(0, this.#openings - forgiven);
      this.#open();
    }
  }

  /** 429: says nothing about a closed breaker, but a trial that is turned away has not gone well. */
  rateLimited(epoch: number): void {
    if (epoch === this.epoch && this.state === 'probation') this.#open();
  }

  /** The trial ended without an outcome: the next request is the trial. */
  abandoned(epoch: number): void {
    if (epoch === this.epoch && this.state === 'probation') this.#trialAt = this.#clock.now();
  }

  #open(): void {
    const doubled = Math.min(this.#baseMs * 2 ** Math.min(this.#openings, 30), this.#maxMs);
    this.#openings++;
    this.#trialAt = this.#clock.now() + doubled * (1 + this.#clock.random() * this.#jitter);
    this.#failures = 0;
    this.epoch++;
    this.#become('open');
  }

  #become(state: BreakerState): void {
    const from = this.state;
    if (from === state) return;
    this.state = state;
    this.#owner.changed(from, state);
  }
}
