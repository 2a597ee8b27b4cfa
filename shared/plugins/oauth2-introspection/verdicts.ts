/**
 * What the authorization server has said about tokens, and when it has to be asked again. One question for a token at a
 * time; answers are kept with a bound. Whether a token may pass is never guessed: without an answer that still
 * holds the verdict is `unknown`.
 *
 * A positive answer holds for `ttl`; for another minute it is still given while it is being asked for anew; when the
 * server does not answer it is given for five minutes in all. None outlives the token. A negative one holds for five seconds.
 */
import { BoundedCache } from '../bounded-cache.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** More headers for the question; undefined: none. */
export type More = Readonly<Record<string, string>> | undefined;

/** null: not active. */
export type Verdict = Claims | null | 'unknown';

interface Known {
  readonly claims: Claims | null;
  /** Milliseconds. */
  readonly askedAt: number;
  /** Of the token; Infinity when it has none. */
  readonly expiresAt: number;
  /** `nbf`; 0 when it has none. */
  readonly validFrom: number;
}

const STALE_MS = 60_000;
const OFFLINE_MS = 300_000;
const NEGATIVE_MS = 5_000;
const MAX_KNOWN = 10_000;
const MAX_UNDER_WAY = 256;
/** So many failures on end, and for so long nobody waits for another. */
const MAX_FAILURES = 5;
const REST_MS = 2_000;

export interface VerdictsOptions {
  /** Asks the server. Resolves to the claims of an active token, null for any other; rejects without an answer. */
  readonly put: (token: string, more: More) => Promise<Claims | null>;
  readonly ttlMs: number;
  readonly now: () => number;
  /** Hears of a failure at most once for each spell of them. */
  readonly onFailure: (error: unknown) => void;
}

export class Verdicts {
  readonly #options: VerdictsOptions;
  readonly #known = new BoundedCache<Known>(MAX_KNOWN);
  readonly #underWay = new Map<string, Promise<Verdict>>();
  #failures = 0;
  #restUntil = 0;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** At once when it is known. `key` is of the token (and what else the answer depends on), not the token itself. */
  on(key: string, token: string, more: More): Verdict | Promise<Verdict> {
    const { ttlMs, now } = this.#options;
    const known = this.#known.get(key);
    const at = now();
    if (known === undefined) return this.#ask(key, token, more, undefined);
    if (known.claims === null)
      return at - known.askedAt < NEGATIVE_MS ? null : this.#ask(key, token, more, undefined);
    if (at >= known.expiresAt || at < known.validFrom) return null;
    const age = at - known.askedAt;
    if (age < ttlMs) return known.claims;
    if (ttlMs > 0 && age < ttlMs + STALE_MS) {
      void this.#ask(key, token, more, known);
      return known.claims;
    }
    return this.#ask(key, token, more, known);
  }

  /** Never rejects. */
  #ask(key: string, token: string, more: More, known: Known | undefined): Verdict | Promise<Verdict> {
    const pending = this.#underWay.get(key);
    if (pending !== undefined) return pending;
    if (this.#underWay.size >= MAX_UNDER_WAY || this.#options.now() < this.#restUntil)
      return this.#offline(known);
    const answer = this.#put(key, token, more, known).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return answer;
  }

  async #put(key: string, token: string, more: More, known: Known | undefined): Promise<Verdict> {
    const { now, onFailure, put } = this.#options;
    let claims: Claims | null;
    try {
      claims = await put(token, more);
    } catch (error) {
      this.#failures++;
      if (this.#failures === 1) onFailure(error);
      if (this.#failures >= MAX_FAILURES) this.#restUntil = now() + REST_MS;
      return this.#offline(known);
    }
    this.#failures = 0;
    const at = now();
    const answer: Known = {
      claims,
      askedAt: at,
      expiresAt: seconds(claims?.['exp'], Number.POSITIVE_INFINITY),
      validFrom: seconds(claims?.['nbf'], 0),
    };
    this.#known.set(key, answer);
    return claims !== null && at < answer.expiresAt && at >= answer.validFrom ? claims : null;
  }

  /** What is known already, as far as it may be used without the server. */
  #offline(known: Known | undefined): Verdict {
    if (known === undefined || known.claims === null) return 'unknown';
    const at = this.#options.now();
    if (at >= known.expiresAt) return null;
    return at - known.askedAt < OFFLINE_MS && this.#options.ttlMs > 0 ? known.claims : 'unknown';
  }
}

/** Milliseconds of a time in unix seconds. What is there and no time ends the token: it cannot be checked. */
function seconds(value: unknown, without: number): number {
  if (value === undefined || value === null) return without;
  if (typeof value !== 'number' || !Number.isFinite(value))
    return without === 0 ? Number.POSITIVE_INFINITY : 0;
  return value * 1000;
}
