/**
 * Light traffic through the edge gateway, so that there is something to see in the metrics: mostly
 * successes, some refusals, an unknown path now and then. It stays away from the rate-limited route: the
 * reader has that one alone. What goes wrong is counted, never thrown.
 */
import { ask, type Question } from './ask.ts';

type Call = Omit<Question, 'port'>;

const WITH_KEY = { apikey: 'demo-key' };
/** In turn, so that the proportions are the same in every minute. */
const CALLS: readonly Call[] = [
  { path: '/catalog' },
  { path: '/orders/1001', headers: WITH_KEY },
  { path: '/catalog/tea' },
  { path: '/orders', method: 'POST', headers: WITH_KEY, body: '["tea"]' },
  { path: '/catalog/pot' },
  { path: '/orders/1002', headers: WITH_KEY },
  { path: '/orders/1001' },
  { path: '/catalog' },
  { path: '/orders/1003', headers: { apikey: 'a-wrong-key' } },
  { path: '/catalog/sold-out' },
  { path: '/orders/1001', headers: WITH_KEY },
  { path: '/nothing-here' },
];
const MOST_AT_ONCE = 20;

export class Traffic {
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  readonly #active = new Set<Promise<void>>();
  #next = 0;

  constructor(port: number, requestsPerSecond: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#one(), 1000 / requestsPerSecond);
  }

  /** Resolves when the last request has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#active);
  }

  #one(): void {
    if (this.#active.size >= MOST_AT_ONCE) return;
    const call = CALLS[this.#next++ % CALLS.length]!;
    const done: Promise<void> = ask({ ...call, port: this.#port }).then(
      () => this.#end(done),
      () => this.#end(done),
    );
    this.#active.add(done);
  }

  #end(done: Promise<void>): void {
    this.#active.delete(done);
  }
}
