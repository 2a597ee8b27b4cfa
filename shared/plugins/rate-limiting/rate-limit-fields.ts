/**
 * The fields `RateLimit-Policy` and `RateLimit` of the IETF draft "RateLimit header fields for HTTP" (httpapi, revision
 * 10): lists of structured strings (RFC 9651) with non-negative integers as parameters.
 */
import type { Headers } from '../../http/headers.ts';

export interface PolicyText {
  /** A name of lower-case letters and digits: needs no escaping in a structured string. */
  readonly name: string;
  readonly limit: number;
}

export class RateLimitFields {
  readonly #names: readonly string[];
  readonly #quotas: readonly string[];

  constructor(policies: readonly PolicyText[]) {
    this.#names = policies.map(({ name }) => `"${name}"`);
    this.#quotas = policies.map(({ limit }, index) => `${this.#names[index]};q=${Math.floor(limit)};w=`);
  }

  /** `seconds`: length of each window; `resets`: seconds until each ends. */
  write(
    headers: Headers,
    seconds: readonly number[],
    remaining: readonly number[],
    resets: readonly number[],
  ): void {
    let policy = '';
    let state = '';
    for (let index = 0; index < this.#names.length; index++) {
      const comma = index === 0 ? '' : ', ';
      policy += comma + this.#quotas[index] + Math.max(0, Math.floor(seconds[index]!));
      state += `${comma}${this.#names[index]};r=${Math.max(0, Math.floor(remaining[index]!))};t=${Math.max(0, Math.ceil(resets[index]!))}`;
    }
    headers.set('RateLimit-Policy', policy);
    headers.set('RateLimit', state);
  }
}
