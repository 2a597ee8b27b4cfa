/**
 * Entities, requests and names for the tests of this folder.
 */
import type { Healthchecks, Target, Upstream } from '../../config/entities.ts';
import type { BalancerDeps } from '../balancer/create-balancer.ts';
import { EndpointRegistry } from '../balancer/endpoint-registry.ts';
import type { LiveEndpoint } from '../balancer/live-endpoint.ts';
import type { BalancerRequest, Endpoint, NoEndpoint } from '../contract.ts';
import type { NameSource, NameWatch, Resolution, ResolvedAddress } from '../dns/resolution.ts';
import { HealthBoard, type HealthEvent } from '../health/board.ts';
import { FakeClock } from './fake-clock.ts';

type Deep<T> = T extends readonly unknown[] | null
  ? T
  : T extends object
    ? { [K in keyof T]?: Deep<T[K]> }
    : T;

/** Kong's defaults. */
export const HEALTHCHECKS: Healthchecks = {
  threshold: 0,
  active: {
    type: 'http',
    timeout: 1,
    concurrency: 10,
    http_path: '/',
    https_sni: null,
    https_verify_certificate: true,
    headers: null,
    healthy: { interval: 0, successes: 0, http_statuses: [200, 302] },
    unhealthy: {
      interval: 0,
      tcp_failures: 0,
      timeouts: 0,
      http_failures: 0,
      http_statuses: [429, 404, 500, 501, 502, 503, 504, 505],
    },
  },
  passive: {
    type: 'http',
    healthy: { successes: 0, http_statuses: [200, 201, 204, 301, 302] },
    unhealthy: { tcp_failures: 0, timeouts: 0, http_failures: 0, http_statuses: [429, 500, 503] },
  },
};

export function healthchecks(changes: Deep<Healthchecks>): Healthchecks {
  return merge(HEALTHCHECKS, changes) as Healthchecks;
}

function merge(base: unknown, changes: unknown): unknown {
  if (changes === undefined) return base;
  if (typeof base !== 'object' || base === null || Array.isArray(base)) return changes;
  const merged: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  for (const [key, value] of Object.entries(changes as object)) merged[key] = merge(merged[key], value);
  return merged;
}

export function upstream(changes: Partial<Upstream> = {}): Upstream {
  return {
    id: 'u1',
    created_at: 0,
    updated_at: 0,
    tags: null,
    name: 'orders',
    algorithm: 'round-robin',
    hash_on: 'none',
    hash_fallback: 'none',
    hash_on_header: null,
    hash_fallback_header: null,
    hash_on_cookie: null,
    hash_on_cookie_path: '/',
    hash_on_query_arg: null,
    hash_fallback_query_arg: null,
    hash_on_uri_capture: null,
    hash_fallback_uri_capture: null,
    slots: 10_000,
    host_header: null,
    client_certificate: null,
    use_srv_name: false,
    healthchecks: HEALTHCHECKS,
    ...changes,
  };
}

/** Targets from `{ 'host:port': weight }`. */
export function targets(weights: Record<string, number>): Target[] {
  return Object.entries(weights).map(([target, weight]) => ({
    id: target,
    created_at: 0,
    updated_at: 0,
    tags: null,
    upstream: { id: 'u1' },
    target,
    weight,
  }));
}

/** `values`: `ip`, `path`, `consumer`, `header:<name>`, `cookie:<name>`, `query:<name>`, `capture:<name>`. */
export function request(values: Record<string, string> = {}, tried: Endpoint[] = []): BalancerRequest {
  const value = (key: string): string | undefined => values[key];
  return {
    clientIp: value('ip') ?? '192.0.2.1',
    path: value('path') ?? '/',
    consumerId: value('consumer'),
    header: (name) => value(`header:${name}`),
    cookie: (name) => value(`cookie:${name}`),
    queryArg: (name) => value(`query:${name}`),
    capture: (name) => value(`capture:${name}`),
    tried,
    issuedCookie: undefined,
  };
}

/** Names that resolve to what the test says. */
export class FakeNames implements NameSource {
  readonly #resolutions = new Map<string, Resolution>();
  readonly #watches = new Map<string, Set<() => void>>();
  readonly #firsts = new Map<string, { promise: Promise<void>; resolve: () => void }>();

  watch(name: string, onChange: () => void): NameWatch {
    const watches = this.#watches.get(name) ?? new Set();
    this.#watches.set(name, watches);
    const watch = () => onChange();
    watches.add(watch);
    const resolutions = this.#resolutions;
    const first = this.#first(name);
    return {
      get resolution() {
        return resolutions.get(name) ?? { state: 'pending' as const };
      },
      first: first.promise,
      close: () => watches.delete(watch),
    };
  }

  answer(name: string, ...addresses: (string | Partial<ResolvedAddress>)[]): void {
    this.set(name, {
      state: 'found',
      source: 'A',
      addresses: addresses.map((address) => ({
        ip: '',
        port: undefined,
        weight: undefined,
        name: undefined,
        ...(typeof address === 'string' ? { ip: address } : address),
      })),
    });
  }

  set(name: string, resolution: Resolution): void {
    this.#resolutions.set(name, resolution);
    for (const watch of this.#watches.get(name) ?? []) watch();
    this.#first(name).resolve();
  }

  get watched(): number {
    let count = 0;
    for (const watches of this.#watches.values()) count += watches.size;
    return count;
  }

  #first(name: string): { promise: Promise<void>; resolve: () => void } {
    let first = this.#firsts.get(name);
    if (first === undefined) {
      first = Promise.withResolvers<void>();
      this.#firsts.set(name, first);
    }
    return first;
  }
}

export interface World extends BalancerDeps {
  readonly clock: FakeClock;
  readonly names: FakeNames;
  readonly published: HealthEvent[];
}

export function world(options: { seed?: number; probes?: boolean } = {}): World {
  const clock = new FakeClock(options.seed);
  const published: HealthEvent[] = [];
  const board = new HealthBoard({ clock, publish: (event) => published.push(event) });
  return {
    clock,
    names: new FakeNames(),
    board,
    registry: new EndpointRegistry(clock, board),
    probes: options.probes ?? false,
    published,
  };
}

export function picked(choice: Endpoint | NoEndpoint): LiveEndpoint {
  if (typeof choice === 'string') throw new Error(`no endpoint: ${choice}`);
  return choice as LiveEndpoint;
}
