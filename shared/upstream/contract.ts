/**
 * Choosing where a request goes. A balancer belongs to one service host (an upstream entity, a DNS name
 * or an address); it is compiled per generation, while the endpoints and their health live on across
 * generations (keyed by upstream id and address).
 */

import type { TrafficKey } from '../observe/traffic/traffic-key.ts';

/** One address that takes requests. The object is stable for as long as the address is known. */
export interface Endpoint {
  /** IP address; IPv6 without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The name it came from (target or service host), for the Host header and TLS. */
  readonly hostname: string;
  readonly weight: number;
  /**
   * Identity across generations: `<upstream id or host>|<ip>|<port>`, and `|<hostname>` when an upstream
   * reaches the address by a name (two targets may share an address and differ in Host and TLS name).
   */
  readonly key: string;
  /** Requests in flight; the proxy counts it up and down. */
  active: number;
  /** What its requests are counted by, from the first one on. */
  traffic: TrafficKey | undefined;
  /**
   * Copied by the proxy when the endpoint is picked and handed back with the outcome, so that a breaker
   * can tell its one trial request from late answers to requests sent before it opened.
   */
  readonly epoch: number;
  /**
   * Tells passive health checking and the breaker how an attempt went. `status` is the upstream's; the
   * others happened on the way. Exactly one of these three is called for each attempt. Costs nothing
   * when neither a passive check nor a breaker is configured.
   */
  succeeded(status: number, epoch?: number): void;
  failed(kind: 'connect' | 'timeout' | 'invalid_response', epoch?: number): void;
  /** The attempt ended without saying anything about the endpoint: the client went away. */
  abandoned(epoch?: number): void;
  /**
   * Time from sending the request to the response head, for the latency algorithm. Call it before
   * `succeeded`. Costs nothing when that algorithm is not in use.
   */
  observeLatency(ms: number): void;
}

/** What balancing algorithms may look at. Filled by the proxy once per exchange, kept over its attempts. */
export interface BalancerRequest {
  readonly clientIp: string;
  readonly path: string;
  /** Consumer id, else credential id. */
  readonly consumerId: string | undefined;
  /** Several lines are joined with `, `. */
  header(name: string): string | undefined;
  cookie(name: string): string | undefined;
  /** Several values are sorted and joined with `,`; a valueless argument is `true`. */
  queryArg(name: string): string | undefined;
  /** A named capture of the route's path, or a numbered one by its decimal number. */
  capture(name: string): string | undefined;
  /** Endpoints that failed in this exchange; the balancer avoids them while others are left. */
  readonly tried: readonly Endpoint[];
  /** Set by cookie hashing: a complete `Set-Cookie` value, which the proxy sends to the client. */
  issuedCookie: string | undefined;
}

export type NoEndpoint =
  /** 503 `failure to get a peer from the ring-balancer` */
  | 'no_peer'
  /** 503 `name resolution failed` */
  | 'dns_not_found'
  /** 500 */
  | 'dns_failed'
  /** The first resolution is still under way: wait for `resolved()`, then pick again. */
  | 'resolving';

export interface Balancer {
  /** Never waits, never resolves. */
  pick(request: BalancerRequest): Endpoint | NoEndpoint;
  /** Settles when the first resolution of every name has ended, well or badly. Never rejects. */
  resolved(): Promise<void>;
  /** Upstream's `host_header`, when there is one. */
  readonly hostHeader: string | undefined;
  /** Health and weights for `/status`, `/upstreams/{}/health` and metrics. */
  health(): readonly EndpointHealth[];
  /** Stops this generation's interest in names and probes. */
  release(): void;
}

export interface EndpointHealth {
  /** The target as configured (`host:port`), or the service's `host:port`. */
  readonly target: string;
  /** Empty for a name without addresses (`DNS_ERROR`). */
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  /** Only where a breaker is switched on. */
  readonly breaker?: 'closed' | 'open' | 'probation';
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR' | 'HEALTHCHECKS_OFF';
}
