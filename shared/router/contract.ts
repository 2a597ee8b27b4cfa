/**
 * What the router takes and gives. A router is compiled once per configuration generation and is
 * immutable; `match` allocates nothing for prefix routes.
 */
import type { Route } from '../config/entities.ts';
import type { Headers } from '../http/headers.ts';

/** The parts of a request that Kong's rules look at. */
export interface RouteQuery {
  readonly method: string;
  /** Host header (or :authority) as received, with port if it had one; `''` when absent. */
  readonly authority: string;
  /** Normalised path (`normalisePath`), without query: text, not bytes; `normalisePath` says what it may hold. */
  readonly path: string;
  readonly headers: Headers;
  /** Scheme of the connection. SNI criteria only count for `https`. */
  readonly scheme: 'http' | 'https';
  readonly sni: string | undefined;
  /** Port of the listener, for hosts with a port when the authority has none. */
  readonly listenPort: number;
}

/** A match. For prefix routes it is made at compile time and shared: never write to it. */
export interface RouteMatch<T> {
  readonly value: T;
  readonly route: Route;
  /**
   * The prefix, or the text the regex matched; `''` when no path criterion took part. Like captures, the
   * text a regex matched can hold decoded control characters (`%0D%0A`): escape it before it goes into a header.
   */
  readonly matchedPath: string;
  /** Named and 1-based numeric groups; undefined when the regex has none. */
  readonly captures: Readonly<Record<string, string>> | undefined;
}

export interface Router<T> {
  match(query: RouteQuery): RouteMatch<T> | undefined;
  /** The same decision, with reasons: the nearest candidates in priority order and which criterion failed. */
  explain(query: RouteQuery): RouteExplanation<T>;
  readonly size: number;
}

export interface RouteExplanation<T> {
  readonly match: RouteMatch<T> | undefined;
  readonly candidates: readonly RouteCandidate[];
}

export interface RouteCandidate {
  readonly route: Route;
  /** The path group of the route this candidate stands for. */
  readonly paths: readonly string[];
  readonly priority: bigint;
  readonly matched: boolean;
  /** Each criterion kind of the route: what was asked, what the request had, whether it held. */
  readonly criteria: readonly {
    readonly kind: 'methods' | 'hosts' | 'headers' | 'paths' | 'snis';
    readonly wanted: readonly string[];
    readonly got: string;
    readonly held: boolean;
  }[];
}
