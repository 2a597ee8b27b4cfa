/**
 * What all exchanges of one data plane (one thread) share: the snapshot in force, the pools, the clock, the
 * settings in the form the request path wants them.
 */
import type { HeadLimits } from '../http/request-head.ts';
import type { TrafficObserver } from '../observe/traffic-observer.ts';
import type { PluginLogger } from '../plugins/contract.ts';
import type { Pools } from '../upstream/pool.ts';
import type { Deadlines } from './deadlines.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import type { Snapshot } from './snapshot.ts';
import type { TrustedPeers } from './trusted-peers.ts';

const { randomFillSync } = process.getBuiltinModule('node:crypto');

export interface ProxySettings {
  readonly headLimits: HeadLimits;
  /** Longest request body, octets; 0 = unlimited, as in Kong. */
  readonly maxBodyBytes: number;
  /** From the first octet of a head to its end. */
  readonly headTimeoutMs: number;
  /** Between two pieces of a request body. */
  readonly bodyIdleTimeoutMs: number;
  /** Octets a second that a request body must bring on average, once the grace is over; 0 = no bound. */
  readonly minBodyRate: number;
  readonly minBodyGraceMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeoutMs: number;
  readonly keepAliveMaxRequests: number;
  /** Without progress while the client does not read. */
  readonly sendTimeoutMs: number;
  /** Connections per thread; more are refused. */
  readonly maxConnections: number;
  readonly realIpHeader: string;
  readonly realIpRecursive: boolean;
  /** Which response headers the gateway adds (Kong: `headers`). */
  readonly serverTokens: boolean;
  readonly latencyTokens: boolean;
  readonly requestIdDownstream: boolean;
  readonly upstreamStatusHeader: boolean;
  readonly requestIdUpstream: boolean;
  /** Answers `Kong-Debug: 1` with the names of route and service. */
  readonly allowDebugHeader: boolean;
}

export interface ProxyContext {
  snapshot: Snapshot | undefined;
  readonly settings: ProxySettings;
  readonly deadlines: Deadlines;
  readonly pools: Pools;
  readonly log: PluginLogger;
  readonly metrics: ProxyMetrics;
  readonly observer: TrafficObserver;
  readonly trusted: TrustedPeers;
  /** Name of this node in `Via`, without version or host name: `cardinal-1f2e3d4c`. */
  readonly pseudonym: string;
  /** The whole line `Via: 1.1 <pseudonym>`, for the usual case that there was none. */
  readonly viaLine: string;
  /** Value of `Server` on responses of our own. */
  readonly serverToken: string;
}

const ID_OCTETS = 16;
const pool = Buffer.alloc(ID_OCTETS * 256);
let used = pool.length;

/** 32 random hex characters; unpredictable, from a buffer that is filled 256 ids at a time. */
export function newRequestId(): string {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_OCTETS;
  return pool.toString('hex', used - ID_OCTETS, used);
}

let dateText = '';
let dateSecond = -1;

/** The Date field (RFC 9110 6.6.1), rendered once per second. */
export function httpDate(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}
