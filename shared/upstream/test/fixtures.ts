/**
 * Entities, requests and names for the tests of this folder.
 */
import type { Healthchecks, Target, Upstream } from '../../config/entities.ts';
import { makeTarget, makeUpstream } from '../../plugins/testkit/entities.ts';
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

export function healthchecks(changes: Deep<Healthchecks>): Healthchecks {
  return merge(makeUpstream({}).healthchecks, changes) as Healthchecks;
}

function merge(base: unknown, changes: unknown): unknown {
  if (changes === undefined) return base;
  if (typeof base !== 'object' || base === null || Array.isArray(base)) return changes;
  const merged: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  for (const [key, value] of Object.entries(changes as object)) merged[key] = merge(merged[key], value);
  return merged;
}

export function upstream(changes: Partial<Upstream> = {}): Upstream {
  return makeUpstream({ id: 'u1', name: 'orders', ...changes });
}

/** Targets from `{ 'host:port': weight }`. */
export function targets(weights: Record<string, number>): Target[] {
  return Object.entries(weights).map(([target, weight]) =>
    makeTarget({ id: target, upstream: { id: 'u1' }, target, weight }),
  );
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
