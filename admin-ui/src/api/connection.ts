/**
 * Whether the gateway answers. A heartbeat while the page is seen; after a failure it waits longer each time, and what
 * comes back starts everything anew. One state for the whole page, so that no part spins on its own.
 */
import { Observable } from './observable.ts';

export type Connection =
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly since: number; readonly retryAt: number };

const BEAT_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): number;
  clearTimeout(timer: number | undefined): void;
}

export class ConnectionMonitor {
  readonly state = new Observable<Connection>({ state: 'live' });
  /** When the last answer came. */
  readonly answeredAt: Observable<number>;
  readonly #beat: () => Promise<unknown>;
  readonly #clock: Clock;
  readonly #returned: () => void;
  #timer: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #visible = true;

  /** `beat` asks something small of the gateway; `returned` is called when it answers again. */
  constructor(beat: () => Promise<unknown>, returned: () => void, clock: Clock) {
    this.#beat = beat;
    this.#returned = returned;
    this.#clock = clock;
    this.answeredAt = new Observable(clock.now());
  }

  start(): void {
    this.#schedule(BEAT_MS);
  }

  /** A page that nobody sees asks for nothing. */
  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#clock.clearTimeout(this.#timer);
    if (visible) this.retryNow();
  }

  answered(): void {
    this.answeredAt.set(this.#clock.now());
    if (this.state.value.state !== 'lost') return;
    this.#retryMs = FIRST_RETRY_MS;
    this.state.set({ state: 'live' });
    this.#returned();
  }

  unreachable(): void {
    const now = this.#clock.now();
    const { value } = this.state;
    if (value.state === 'lost' && value.retryAt > now) return;
    this.state.set({
      state: 'lost',
      since: value.state === 'lost' ? value.since : now,
      retryAt: now + this.#retryMs,
    });
    this.#schedule(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  retryNow(): void {
    this.#clock.clearTimeout(this.#timer);
    const { value } = this.state;
    if (value.state === 'lost') this.state.set({ ...value, retryAt: this.#clock.now() });
    void this.#ask();
  }

  #schedule(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#visible) this.#timer = this.#clock.setTimeout(() => void this.#ask(), ms);
  }

  async #ask(): Promise<void> {
    // What comes of it is told through answered() and unreachable().
    await this.#beat().catch(() => undefined);
    if (this.state.value.state === 'live') this.#schedule(BEAT_MS);
  }
}
