/**
 * What of a request decides its place on the continuum: the upstream's `hash_on`, else its
 * `hash_fallback`, else nothing. Built once for each generation.
 */
import type { HashSource, Upstream } from '../../config/entities.ts';
import type { BalancerRequest } from '../contract.ts';

export class HashInput {
  readonly #primary: HashSource;
  readonly #primaryName: string;
  readonly #fallback: HashSource;
  readonly #fallbackName: string;
  readonly #cookie: string;
  readonly #cookiePath: string;
  readonly #uuid: () => string;

  constructor(upstream: Upstream, uuid: () => string) {
    this.#primary = upstream.hash_on;
    this.#primaryName =
      nameFor(
        upstream.hash_on,
        upstream.hash_on_header,
        upstream.hash_on_query_arg,
        upstream.hash_on_uri_capture,
      ) ?? '';
    this.#fallback = upstream.hash_fallback;
    this.#fallbackName =
      nameFor(
        upstream.hash_fallback,
        upstream.hash_fallback_header,
        upstream.hash_fallback_query_arg,
        upstream.hash_fallback_uri_capture,
      ) ?? '';
    this.#cookie = upstream.hash_on_cookie ?? '';
    this.#cookiePath = upstream.hash_on_cookie_path;
    this.#uuid = uuid;
  }

  /** The value to hash; empty when the request has none, so that such requests share one endpoint. */
  of(request: BalancerRequest): string {
    return (
      this.#read(request, this.#primary, this.#primaryName) ??
      this.#read(request, this.#fallback, this.#fallbackName) ??
      ''
    );
  }

  #read(request: BalancerRequest, source: HashSource, name: string): string | undefined {
    switch (source) {
      case 'none':
        return undefined;
      case 'consumer':
        return request.consumerId;
      case 'ip':
        return request.clientIp;
      case 'path':
        return request.path;
      case 'header':
        return request.header(name);
      case 'query_arg':
        return request.queryArg(name);
      case 'uri_capture':
        return request.capture(name);
      case 'cookie':
        return request.cookie(this.#cookie) ?? this.#issue(request);
    }
  }

  /** A new value for the cookie, the same one for every attempt of an exchange. */
  #issue(request: BalancerRequest): string {
    const start = this.#cookie.length + 1;
    const issued = request.issuedCookie;
    if (issued !== undefined) return issued.slice(start, issued.indexOf(';', start));
    const value = this.#uuid();
    request.issuedCookie = `${this.#cookie}=${value}; Path=${this.#cookiePath}; SameSite=Lax; HttpOnly`;
    return value;
  }
}

function nameFor(
  source: HashSource,
  header: string | null,
  queryArg: string | null,
  capture: string | null,
): string | null {
  if (source === 'header') return header;
  if (source === 'query_arg') return queryArg;
  if (source === 'uri_capture') return capture;
  return null;
}
