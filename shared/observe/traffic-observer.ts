/**
 * What one engine knows of its traffic: counters for every request, and clock readings for the few that are chosen to
 * be measured. This much every engine has; what looks at single requests is in `request-watch.ts` and loaded where
 * somebody can ask for them. While nobody watches, a request costs the counters and a few comparisons.
 */
import type { ObservedExchange } from './requests/observed-exchange.ts';
import { SecretNames } from './requests/secret-names.ts';
import { Trace } from './requests/trace.ts';
import { TrafficCounters } from './traffic/traffic-counters.ts';

export interface SamplingOptions {
  /** Per cent of the requests whose steps are measured: 0 to 100. */
  readonly sampledPercent: number;
  /** In [0, 1); for tests. */
  readonly random?: () => number;
}

/** While somebody watches, so many requests in a tenth of a second are measured, so that what they open has steps. */
const WATCHED_TRACES = 10;
const WATCHED_TRACES_MS = 100;
const NEVER = Number.MAX_SAFE_INTEGER;

export class TrafficObserver {
  readonly counters = new TrafficCounters();
  /** Requests that took this long or longer are looked at. */
  readonly slowMs: number;
  /** The gateway's own refusals are looked at. */
  readonly looksAtRefusals: boolean;
  /** Somebody watches live traffic: every request is looked at. */
  watched = false;
  /** Of the configuration in place. */
  secrets = new SecretNames();
  protected readonly random: () => number;
  readonly #sampledPercent: number;
  /** Requests until the next one is measured. */
  #untilTrace: number;
  #watchedTraces = 0;
  #watchedFrom = 0;

  constructor(
    { sampledPercent, random = Math.random }: SamplingOptions = { sampledPercent: 1 },
    slowMs = Number.POSITIVE_INFINITY,
    looksAtRefusals = false,
  ) {
    this.slowMs = slowMs;
    this.looksAtRefusals = looksAtRefusals;
    this.random = random;
    this.#sampledPercent = sampledPercent;
    this.#untilTrace = this.#nextSample();
  }

  /** Called for each request; nearly always undefined. */
  trace(now: () => number, startMs: number): Trace | undefined {
    if (--this.#untilTrace > 0) return undefined;
    this.#untilTrace = this.#nextSample();
    if (this.watched) {
      if (startMs - this.#watchedFrom >= WATCHED_TRACES_MS) {
        this.#watchedFrom = startMs;
        this.#watchedTraces = WATCHED_TRACES;
      }
      this.#untilTrace = 1;
      if (this.#watchedTraces-- <= 0) return undefined;
    }
    return new Trace(now, startMs, !this.watched);
  }

  /** Called for requests that are worth a look, before their buffers are used again. `nowMs`: monotonic. */
  look(_exchange: ObservedExchange, _nowMs: number): void {}

  protected watch(watched: boolean): void {
    this.watched = watched;
    this.#untilTrace = watched ? 1 : this.#nextSample();
  }

  #nextSample(): number {
    if (this.#sampledPercent <= 0) return NEVER;
    // Evenly from 1 to twice the mean: a client that asks in a rhythm is not always or never chosen.
    return 1 + Math.floor(this.random() * (200 / this.#sampledPercent - 1));
  }
}
