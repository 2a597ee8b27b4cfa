/**
 * Watches one response from the upstream: stores it as it streams by, brings a stored one up to date when it was not
 * modified, and puts a stale one in the place of an error where that is allowed (RFC 9111 4.3, 5861).
 */
import type { Headers } from '../../http/headers.ts';
import type { Answer, ResponseWatcher } from '../contract.ts';
import { matches } from './conditions.ts';
import type { Landing } from './flights.ts';
import { type HeaderLine, headerOf, type StoredResponse } from './stored-response.ts';
import {
  decideStoring,
  keptHeaders,
  mergedHeaders,
  type RequestFacts,
  type StoringRules,
} from './storing.ts';

export interface Recording {
  readonly rules: StoringRules;
  readonly facts: RequestFacts;
  readonly method: string;
  readonly maxBytes: number;
  readonly askedAt: number;
  now(): number;
  /** The stored response that is being revalidated. */
  readonly stale: StoredResponse | undefined;
  /** Seconds beyond its lifetime in which the client takes the stale one when there is an error. */
  readonly clientStaleIfError: number;
  /** The upstream was asked with our condition, so a 304 is about the stored response. */
  readonly conditional: boolean;
  store(response: StoredResponse, vary: readonly string[]): void;
  forget(): void;
  /** Whether what comes is stored, as soon as that is known. */
  decided(storable: boolean): void;
  landed(landing: Landing): void;
  /** The client's answer out of a stored response. */
  answerWith(response: StoredResponse, status: 'Refresh' | 'Stale'): Answer;
}

const BAD_GATEWAY = body(502, 'An invalid response was received from the upstream server');
const GATEWAY_TIMEOUT = body(504, 'Gateway Timeout');
const ERROR_STATUSES = new Set([500, 502, 503, 504]);

export class Recorder implements ResponseWatcher {
  readonly #recording: Recording;
  #making: Omit<StoredResponse, 'body'> | undefined;
  #vary: readonly string[] = [];
  #pieces: Buffer[] = [];
  #length = 0;
  #over = false;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  head(status: number, headers: Headers): Answer | undefined {
    const { stale, conditional, rules, facts, askedAt, method } = this.#recording;
    const nowMs = this.#recording.now();
    if (status === 304 && conditional && stale !== undefined) return this.#notModified(stale, headers, nowMs);
    if (ERROR_STATUSES.has(status) && stale !== undefined && this.#mayBeStale(stale, nowMs)) {
      this.#end('failed');
      return this.#recording.answerWith(stale, 'Stale');
    }
    const decision = decideStoring(rules, facts, status, headers, askedAt, nowMs);
    this.#recording.decided(decision.storable);
    const length = declaredLength(headers);
    // A HEAD's answer is its Content-Length: without one there is nothing to keep.
    const tooLong = method === 'HEAD' ? length < 0 : length > this.#recording.maxBytes;
    if (!decision.storable || tooLong) {
      // What is stored is no longer what the upstream says, unless this is an error of the moment.
      if (stale !== undefined && status < 500) this.#recording.forget();
      this.#recording.decided(false);
      this.#end('not-storable');
      return undefined;
    }
    this.#vary = decision.vary;
    this.#making = {
      kind: 'response',
      status,
      headers: keptHeaders(headers, decision.withheld, nowMs),
      contentLength: method === 'HEAD' ? length : -1,
      ...decision.timing,
    };
    return undefined;
  }

  piece(octets: Buffer): void {
    if (this.#making === undefined) return;
    this.#length += octets.length;
    if (this.#length > this.#recording.maxBytes) {
      this.#making = undefined;
      this.#pieces = [];
      this.#end('not-storable');
    } else this.#pieces.push(Buffer.from(octets));
  }

  ended(): void {
    const making = this.#making;
    if (making === undefined) {
      this.#end('not-storable');
      return;
    }
    this.#making = undefined;
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#length);
    this.#pieces = [];
    // Of its own: a small piece would keep a whole pool of others alive.
    const kept = whole.buffer.byteLength > whole.length * 2 ? ownCopy(whole) : whole;
    this.#recording.store({ ...making, body: kept }, this.#vary);
    this.#end('stored');
  }

  failed(status: number): Answer | undefined {
    this.#making = undefined;
    this.#pieces = [];
    this.#end('failed');
    const { stale } = this.#recording;
    if (status === 0 || stale === undefined) return undefined;
    if (this.#mayBeStale(stale, this.#recording.now())) return this.#recording.answerWith(stale, 'Stale');
    // RFC 9111 5.2.2.2: never the stale one, and an answer that says why.
    return stale.mustRevalidate ? GATEWAY_TIMEOUT : undefined;
  }

  #notModified(stale: StoredResponse, headers: Headers, nowMs: number): Answer {
    const said = headers.get('etag');
    const known = headerOf(stale, 'etag');
    if (said !== undefined && !matches([said], known, false)) {
      // About another response than the one we have: nothing can be made of that.
      this.#recording.forget();
      this.#end('failed');
      return BAD_GATEWAY;
    }
    const { rules, facts, askedAt } = this.#recording;
    const merged = mergedHeaders(stale.headers, keptHeaders(headers, new Set(), nowMs));
    const decision = decideStoring(rules, facts, stale.status, new Lines(merged), askedAt, nowMs);
    const updated: StoredResponse = {
      ...stale,
      headers: merged.filter(([name]) => !decision.withheld.has(name.toLowerCase())),
      ...(decision.storable ? decision.timing : {}),
    };
    this.#recording.decided(decision.storable);
    if (decision.storable) this.#recording.store(updated, decision.vary);
    else this.#recording.forget();
    this.#end(decision.storable ? 'stored' : 'not-storable');
    return this.#recording.answerWith(updated, 'Refresh');
  }

  #mayBeStale(stale: StoredResponse, nowMs: number): boolean {
    if (stale.mustRevalidate) return false;
    const beyond = stale.initialAge + (nowMs - stale.storedAt) / 1000 - stale.lifetime;
    return beyond <= Math.max(stale.staleIfError, this.#recording.clientStaleIfError);
  }

  #end(landing: Landing): void {
    if (this.#over) return;
    this.#over = true;
    this.#recording.landed(landing);
  }
}

/** Kept fields as the rules read them. */
class Lines implements Headers {
  readonly #lines: readonly HeaderLine[];
  constructor(lines: readonly HeaderLine[]) {
    this.#lines = lines;
  }
  get size(): number {
    return this.#lines.length;
  }
  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }
  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    return this.#lines.filter(([one]) => one.toLowerCase() === lower).map(([, value]) => value);
  }
  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }
  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#lines) visit(name, value);
  }
  forEachName(visit: (name: string) => void): void {
    for (const [name] of this.#lines) visit(name);
  }
  set(): never {
    throw new Error('stored fields are not written to');
  }
  append(): never {
    throw new Error('stored fields are not written to');
  }
  remove(): never {
    throw new Error('stored fields are not written to');
  }
}

function declaredLength(headers: Headers): number {
  const text = headers.get('content-length');
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
}

function ownCopy(octets: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  octets.copy(copy);
  return copy;
}

function body(status: number, message: string): Answer {
  return {
    status,
    headers: [['Content-Type', 'application/json; charset=utf-8']],
    body: Buffer.from(JSON.stringify({ message })),
  };
}
