/**
 * Everything that one engine knows of its traffic: counters for every request, and a look at those that somebody
 * watches, that were chosen to be measured, that were slow, or that the gateway did not let through. While nobody
 * watches, a request costs the counters and a few comparisons; how many are looked at in a second is bounded.
 */
import type { ObservedExchange } from './requests/observed-exchange.ts';
import {
  type KeptBecause,
  type RequestRecord,
  requestRecord,
  requestRow,
} from './requests/request-record.ts';
import { RequestRing } from './requests/request-ring.ts';
import { SecretNames } from './requests/secret-names.ts';
import { Trace } from './requests/trace.ts';
import { ExchangeSubject } from './tap/filter-subjects.ts';
import { Tap, type TapBatch, type TapOptions } from './tap/tap.ts';
import { TrafficCounters } from './traffic/traffic-counters.ts';
import { Outcome } from './traffic/traffic-key.ts';

export interface ObserverOptions {
  /** Per cent of the requests whose steps are measured: 0 to 100. */
  readonly sampledPercent: number;
  /** Requests that took longer are kept; 0: none for that reason. */
  readonly slowMs: number;
  /** Requests that are kept at most. 0: none, where nobody can ask for them. */
  readonly keptRequests: number;
  readonly keptBytes?: number;
  /** In [0, 1); for tests. */
  readonly random?: () => number;
}

/** Of slow, refused and failed requests so many are kept in a second; of measured ones the same again. */
const KEPT_PER_SECOND = 20;
const KEPT_BYTES = 2 * 1024 * 1024;
/** While somebody watches, so many requests in a tenth of a second are measured, so that what they open has steps. */
const WATCHED_TRACES = 10;
const WATCHED_TRACES_MS = 100;
const NEVER = Number.MAX_SAFE_INTEGER;

export const NO_RECORDS: ObserverOptions = { sampledPercent: 1, slowMs: 0, keptRequests: 0 };

export class TrafficObserver {
  readonly counters = new TrafficCounters();
  /** Requests longer than this are looked at. */
  readonly slowMs: number;
  readonly ring: RequestRing;
  /** Of the configuration in place. */
  secrets = new SecretNames();
  readonly #options: ObserverOptions;
  readonly #random: () => number;
  readonly #taps = new Map<number, Tap>();
  readonly #subject = new ExchangeSubject();
  /** Requests until the next one is measured. */
  #untilTrace: number;
  #watchedTraces = 0;
  #watchedFrom = 0;
  #secondFrom = Number.NEGATIVE_INFINITY;
  #keptLeft = 0;
  #sampledLeft = 0;

  constructor(options: ObserverOptions = NO_RECORDS) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.slowMs = options.slowMs > 0 ? options.slowMs : Number.POSITIVE_INFINITY;
    this.ring = new RequestRing(options.keptRequests, options.keptBytes ?? KEPT_BYTES);
    this.#untilTrace = this.#nextSample();
  }

  /** Somebody watches live traffic. */
  get watched(): boolean {
    return this.#taps.size > 0;
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

  /** Called for requests that the caller found worth a look, before their buffers are used again. */
  look(exchange: ObservedExchange, nowMs: number): void {
    const because = this.#reasonsToKeep(exchange, nowMs);
    let row: ReturnType<typeof requestRow> | undefined;
    if (this.#taps.size > 0) {
      this.#subject.exchange = exchange;
      for (const tap of this.#taps.values()) {
        if (!tap.wants(this.#subject, nowMs)) continue;
        row ??= requestRow(exchange, this.secrets);
        tap.show(row);
      }
      this.#subject.exchange = undefined;
      if (row !== undefined) because.push('watched');
    }
    if (because.length === 0 || this.#options.keptRequests === 0) return;
    row ??= requestRow(exchange, this.secrets);
    this.ring.keep(requestRecord(row, because, exchange, this.secrets));
  }

  #reasonsToKeep(exchange: ObservedExchange, nowMs: number): KeptBecause[] {
    const because: KeptBecause[] = [];
    if (this.#options.keptRequests === 0) return because;
    if (nowMs - this.#secondFrom >= 1000) {
      this.#secondFrom = nowMs;
      this.#keptLeft = KEPT_PER_SECOND;
      this.#sampledLeft = KEPT_PER_SECOND;
    }
    const { outcome, totalMs, trace } = exchange;
    if (totalMs >= this.slowMs) because.push('slow');
    if (outcome === Outcome.plugin) because.push('refused');
    else if (outcome !== Outcome.ok && exchange.response.source === 'gateway')
      because.push(outcome === Outcome.client ? 'refused' : 'failed');
    if (because.length > 0 && this.#keptLeft-- <= 0) because.length = 0;
    // One that was measured because somebody watches is shown to them in any case.
    if (trace?.sampled === true && this.#sampledLeft-- > 0) because.push('sampled');
    return because;
  }

  #nextSample(): number {
    const { sampledPercent } = this.#options;
    if (sampledPercent <= 0) return NEVER;
    // Evenly from 1 to twice the mean: a client that asks in a rhythm is not always or never chosen.
    return 1 + Math.floor(this.#random() * (200 / sampledPercent - 1));
  }

  openTap(id: number, options: TapOptions): void {
    this.#taps.set(id, new Tap(options, this.#random));
    this.#untilTrace = 1;
  }

  closeTap(id: number): void {
    this.#taps.delete(id);
    if (!this.watched) this.#untilTrace = this.#nextSample();
  }

  /** What there is to send, by tap. */
  *batches(): Generator<readonly [number, TapBatch]> {
    for (const [id, tap] of this.#taps) {
      const batch = tap.batch();
      if (batch !== undefined) yield [id, batch];
    }
  }

  batchTaken(id: number): void {
    this.#taps.get(id)?.taken();
  }

  /** The newest kept requests that pass, newest first. */
  kept(limit: number, passes: (record: RequestRecord) => boolean): readonly RequestRecord[] {
    return this.ring.newest(limit, passes);
  }
}
