/**
 * The settings that the data plane reads, fixed for the life of the process. Each has a row in
 * `shared/config/settings/table.ts`; the engine knows nothing of names, files or the environment.
 */
export interface EngineSettings {
  /** IP addresses and CIDR blocks whose forwarding headers are believed. */
  readonly trustedIps: readonly string[];
  readonly realIpHeader: string;
  readonly realIpRecursive: boolean;
  /** Kong's tokens and header names (`server_tokens`, `X-Kong-Request-Id`, ...); `off` = none. */
  readonly headers: readonly string[];
  readonly headersUpstream: readonly string[];
  readonly allowDebugHeader: boolean;
  /** Client connections of this engine. */
  readonly maxConnections: number;
  readonly maxRequestLineBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  /** 0 = no bound. */
  readonly maxBodyBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyIdleTimeoutMs: number;
  /** Octets a second that a request body must bring on average; 0 = no bound. */
  readonly minBodyRate: number;
  /** Time in which a body may be slower than that. */
  readonly minBodyGraceMs: number;
  readonly sendTimeoutMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly keepaliveMaxRequests: number;
  /** Idle connections per address; 0 = none. */
  readonly upstreamKeepalivePoolSize: number;
  /** 0 = no bound. */
  readonly upstreamKeepaliveMaxRequests: number;
  /** 0 = until the upstream closes. */
  readonly upstreamKeepaliveIdleTimeoutMs: number;
  /** `IP` or `IP:PORT`; empty = the system's. */
  readonly dnsResolvers: readonly string[];
  /** `LAST`, `SRV`, `A`, `AAAA`, `CNAME`. */
  readonly dnsOrder: readonly string[];
  /** Age at which answers are asked for again; 0 = their own time to live, between a second and a minute. */
  readonly dnsValidTtlMs: number;
  /** How long an expired answer is used while the servers fail. */
  readonly dnsStaleTtlMs: number;
  /** Longest wait until a name that does not exist is asked for again. */
  readonly dnsNotFoundTtlMs: number;
  /** Wait after the first failure; it doubles up to half a minute. */
  readonly dnsErrorTtlMs: number;
}
