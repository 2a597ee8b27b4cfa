/**
 * Looks at single requests: shows them to those who watch live traffic, and keeps the sampled, the slow and those that
 * the gateway did not let through for a while. How many are kept in a second is bounded.
 */
import type { ObservedExchange } from './requests/observed-exchange.ts';
import {
  type KeptBecause,
  type RequestRecord,
  type RequestRow,
  requestRecord,
  requestRow,
} from './requests/request-record.ts';
import { RequestRing } from './requests/request-ring.ts';
import { ExchangeSubject } from './tap/filter-subjects.ts';
import { Tap, type TapBatch, type TapOptions } from './tap/tap.ts';
import { Outcome } from './traffic/traffic-key.ts';
import { type SamplingOptions, TrafficObserver } from './traffic-observer.ts';

export interface WatchOptions extends SamplingOptions {
  /** Requests that took longer are kept; 0: none for that reason. */
  readonly slowMs: number;
  /** Requests that are kept at most; 0: none. */
  readonly keptRequests: number;
  readonly keptBytes?: number;
}

/** Of slow, refused and failed requests so many are kept in a second; of measured ones the same again. */
const KEPT_PER_SECOND = 20;
const KEPT_BYTES = 2 * 1024 * 1024;

export class RequestWatch extends TrafficObserver {
  readonly ring: RequestRing;
  readonly #keeps: boolean;
  readonly #taps = new Map<number, Tap>();
  readonly #subject = new ExchangeSubject();
  #secondFrom = Number.NEGATIVE_INFINITY;
  #keptLeft = 0;
  #sampledLeft = 0;

  constructor(options: WatchOptions) {
    const keeps = options.keptRequests > 0;
    super(options, keeps && options.slowMs > 0 ? options.slowMs : Number.POSITIVE_INFINITY, keeps);
    this.#keeps = keeps;
    this.ring = new RequestRing(options.keptRequests, options.keptBytes ?? KEPT_BYTES);
  }

  override look(exchange: ObservedExchange, nowMs: number): void {
    const because = this.#reasonsToKeep(exchange, nowMs);
    let row: RequestRow | undefined;
    if (this.watched) {
      this.#subject.exchange = exchange;
      for (const tap of this.#taps.values()) {
        if (!tap.wants(this.#subject, nowMs)) continue;
        row ??= requestRow(exchange, this.secrets);
        tap.show(row);
      }
      this.#subject.exchange = undefined;
      if (row !== undefined) because.push('watched');
    }
    if (because.length === 0 || !this.#keeps) return;
    row ??= requestRow(exchange, this.secrets);
    this.ring.keep(requestRecord(row, because, exchange, this.secrets));
  }

  #reasonsToKeep(exchange: ObservedExchange, nowMs: number): KeptBecause[] {
    const because: KeptBecause[] = [];
    if (!this.#keeps) return because;
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

  openTap(id: number, options: TapOptions): void {
    this.#taps.set(id, new Tap(options, this.random));
    this.watch(true);
  }

  closeTap(id: number): void {
    this.#taps.delete(id);
    if (this.#taps.size === 0) this.watch(false);
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
