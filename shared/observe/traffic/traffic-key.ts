/**
 * What traffic is counted by, and the counters of one such key. A key hangs on what the configuration was compiled
 * to (a route's plan, an endpoint), so that a request finds its counters without looking anything up; it has
 * counters only while there is traffic, between two reports.
 */
import { BUCKETS } from './latency-buckets.ts';

export const DIMENSIONS = ['route', 'consumer', 'target', 'plugin'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Where the request came in: the edge, a microgateway from others, a microgateway from its own service. */
export const DIRECTIONS = ['edge', 'inbound', 'outbound'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Positions among the counters. 1 to 5 are the classes of statuses. */
export const Count = {
  requests: 0,
  status1xx: 1,
  status5xx: 5,
  /** How requests failed; each is counted in one of these at most. See {@link Outcome}. */
  client: 6,
  plugin: 7,
  upstream: 8,
  gateway: 9,
  aborted: 10,
  /** Attempts beyond the first. */
  retries: 11,
  /** Requests that an upstream has answered. */
  answered: 12,
} as const;
export const COUNTS = 13;

/** Where the histograms begin: of the whole time, of the upstream's, of what the gateway has added. */
export const HISTOGRAMS = { total: COUNTS, upstream: COUNTS + BUCKETS, added: COUNTS + 2 * BUCKETS } as const;
export const CELLS = COUNTS + 3 * BUCKETS;

/** How a request ended: 0 well, else the position of the counter of its kind of failure. */
export const Outcome = {
  ok: 0,
  /** 4xx that is the client's own fault: no route, a malformed body, what the upstream answered with 4xx. */
  client: Count.client,
  /** A plugin has refused it. */
  plugin: Count.plugin,
  /** 5xx of the upstream, or it could not be reached, or did not answer in time or in order. */
  upstream: Count.upstream,
  /** The gateway's own 5xx: a plugin that failed, a configuration that leads nowhere, overload. */
  gateway: Count.gateway,
  /** The client went away. */
  aborted: Count.aborted,
} as const;

/** Name by position, for people. */
export const OUTCOME_NAMES: readonly string[] = [
  'ok',
  '',
  '',
  '',
  '',
  '',
  'client',
  'plugin',
  'upstream',
  'gateway',
  'aborted',
];

export class TrafficKey {
  readonly dimension: Dimension;
  readonly direction: Direction;
  /** Of the entity; empty for requests without a route, `other` for what exceeds the bounds. */
  readonly id: string;
  readonly name: string;
  /** Of a route's service, or of the service that is called by name; empty when there is none. */
  readonly serviceId: string;
  readonly serviceName: string;
  /** Since the last report; undefined when there was nothing. */
  cells: Uint32Array | undefined = undefined;
  /** Of a plugin: how many requests it ended with which status. */
  statuses: Map<number, number> | undefined = undefined;

  constructor(
    dimension: Dimension,
    direction: Direction,
    id: string,
    name: string,
    serviceId = '',
    serviceName = '',
  ) {
    this.dimension = dimension;
    this.direction = direction;
    this.id = id;
    this.name = name;
    this.serviceId = serviceId;
    this.serviceName = serviceName;
  }
}

interface Named {
  readonly id: string;
  readonly name: string | null;
}

/** The key of a route, or of a service that is called without one. */
export function routeKey(
  direction: Direction,
  route: Named | undefined,
  service: Named | undefined,
): TrafficKey {
  return new TrafficKey(
    'route',
    direction,
    route?.id ?? '',
    route === undefined ? '' : (route.name ?? route.id),
    service?.id,
    service === undefined ? '' : (service.name ?? service.id),
  );
}

export const OTHER = 'other';
