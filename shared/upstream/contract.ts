/**
 * Choosing where a request goes. A balancer belongs to one service host (an upstream entity, a DNS name
 * or an address); it is compiled per generation, while the endpoints and their health live on across
 * generations (keyed by upstream id and address).
 */

/** One address that takes requests. The object is stable for as long as the address is known. */
export interface Endpoint {
  /** IP address; IPv6 without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The name it came from (target or service host), for the Host header and TLS. */
  readonly hostname: string;
  readonly weight: number;
  /** Identity across generations: `<upstream id or host>|<ip>|<port>`. */
  readonly key: string;
  /** Requests in flight; the proxy counts it up and down. */
  active: number;
  /**
   * Tells passive health checking how an attempt went. `status` is the upstream's; the others happened
   * on the way. Costs nothing when no passive check is configured.
   */
  succeeded(status: number): void;
  failed(kind: 'connect' | 'timeout' | 'invalid_response'): void;
  /** Milliseconds until the response head; a no-op unless the balancer weighs latency. */
  observeLatency(ms: number): void;
}

/** What balancing algorithms may look at. Filled by the proxy once per exchange, kept over its attempts. */
export interface BalancerRequest {
  readonly clientIp: string;
  readonly path: string;
  readonly consumerId: string | undefined;
  header(name: string): string | undefined;
  cookie(name: string): string | undefined;
  queryArg(name: string): string | undefined;
  capture(name: string): string | undefined;
  /** Endpoints that failed in this exchange; the balancer avoids them while others are left. */
  readonly tried: readonly Endpoint[];
  /** Set by cookie hashing: the proxy sends it to the client. */
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
  readonly target: string;
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR' | 'HEALTHCHECKS_OFF';
}
