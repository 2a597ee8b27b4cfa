/**
 * Health of endpoints by Kong's rules, fed by traffic (passive), by probes (active) and by hand, and
 * kept in agreement between the threads of a process through events.
 *
 * An endpoint becomes unhealthy when one of its failure counters reaches its limit, and healthy when
 * its successes do. A limit of 0 switches that transition off. A failure clears the successes, a
 * success clears the failures. A status in neither list changes nothing. With passive checks alone an
 * unhealthy endpoint gets no traffic and therefore stays out until somebody marks it healthy.
 */
import { expandIPv6 } from '../../config/schema/address.ts';
import type { EndpointGroup } from '../balancer/endpoint-group.ts';
import type { LiveEndpoint } from '../balancer/live-endpoint.ts';
import type { Clock } from '../clock.ts';
import type { HealthPolicy, Limits } from './policy.ts';
import { HEALTHY, UNHEALTHY } from './policy.ts';

export type CheckKind = 'active' | 'passive';
export type Outcome = 'success' | 'http_failure' | 'tcp_failure' | 'timeout';

/** What threads tell each other. Plain data. */
export interface HealthEvent {
  readonly upstreamId: string;
  /** Key of the endpoint. */
  readonly address: string;
  /** A counted outcome, or `mark`: the state is set and counters start anew. */
  readonly outcome: Outcome | 'mark';
  readonly check: CheckKind;
  /** The state this put the endpoint into, when it changed. Receivers follow even if their counters differ. */
  readonly became?: 'healthy' | 'unhealthy';
}

export interface HealthBoardOptions {
  readonly clock: Clock;
  /** Sends to the other threads. */
  readonly publish?: (event: HealthEvent) => void;
  /** Told of every change of state, for logs and metrics. */
  readonly onChange?: (endpoint: LiveEndpoint, healthy: boolean) => void;
}

/** States remembered for addresses that this thread does not know (yet). */
const REMEMBERED_LIMIT = 10_000;
const REMEMBER_MS = 60_000;

export class HealthBoard {
  readonly #clock: Clock;
  readonly #publish: ((event: HealthEvent) => void) | undefined;
  readonly #onChange: ((endpoint: LiveEndpoint, healthy: boolean) => void) | undefined;
  #groups: ReadonlyMap<string, EndpointGroup> = new Map();
  /** Keys of unhealthy endpoints that have not joined, from `import` or heard of before DNS answered here, and until when that holds. */
  readonly #remembered = new Map<string, number>();

  constructor(options: HealthBoardOptions) {
    this.#clock = options.clock;
    this.#publish = options.publish;
    this.#onChange = options.onChange;
  }

  /** The registry says where endpoints are. */
  attach(groups: ReadonlyMap<string, EndpointGroup>): void {
    this.#groups = groups;
  }

  /** A new endpoint: it starts healthy unless another thread knows better. */
  joined(endpoint: LiveEndpoint): void {
    const until = this.#remembered.get(endpoint.key);
    if (until === undefined) return;
    this.#remembered.delete(endpoint.key);
    if (until < this.#clock.now()) return;
    endpoint.unhealthy = true;
    endpoint.refreshUsable();
  }

  /** An answer came. 504 counts as a timeout on the passive side, as in Kong. */
  status(endpoint: LiveEndpoint, check: CheckKind, status: number): void {
    if (check === 'passive' && status === 504) {
      this.outcome(endpoint, check, 'timeout');
      return;
    }
    const health = endpoint.group.settings.health;
    if (health === undefined) return;
    const verdict = health[check].statuses[status];
    if (verdict === HEALTHY) this.outcome(endpoint, check, 'success');
    else if (verdict === UNHEALTHY) this.outcome(endpoint, check, 'http_failure');
  }

  /** Counts an outcome; publishes it when it changed anything. */
  outcome(endpoint: LiveEndpoint, check: CheckKind, outcome: Outcome): void {
    const health = endpoint.group.settings.health;
    if (health === undefined) return;
    const before = endpoint.unhealthy;
    if (!count(endpoint, health, check, outcome)) return;
    const became = this.#settle(endpoint, before);
    this.#publish?.(toEvent(endpoint, outcome, check, became));
  }

  /**
   * Marks by hand all addresses of a target (`host:port` as configured), or one of them (`ip:port`, IPv6
   * in brackets, expanded or not). Returns how many were found. Counters start anew. `announce`: tell the other threads;
   * false when each of them is told by whoever told this one, so that no announcement comes after the next mark.
   */
  setHealth(
    upstreamId: string,
    target: string,
    address: string | undefined,
    healthy: boolean,
    announce = true,
  ): number {
    const group = this.#groups.get(upstreamId);
    if (group === undefined) return 0;
    let found = 0;
    for (const endpoint of group.endpoints.values()) {
      if (endpoint.target !== target || endpoint.references === 0) continue;
      if (address !== undefined && address !== addressOf(endpoint) && address !== expandedAddressOf(endpoint))
        continue;
      found++;
      this.#mark(endpoint, healthy);
      if (announce) this.#publish?.(toEvent(endpoint, 'mark', 'passive', healthy ? 'healthy' : 'unhealthy'));
    }
    return found;
  }

  /** Applies what another thread published. */
  receive(event: HealthEvent): void {
    const endpoint = this.#groups.get(event.upstreamId)?.endpoints.get(event.address);
    if (endpoint === undefined) {
      if (event.became === 'unhealthy') this.#remember(event.address);
      else if (event.became === 'healthy') this.#remembered.delete(event.address);
      return;
    }
    if (event.outcome === 'mark') {
      this.#mark(endpoint, event.became === 'healthy');
      return;
    }
    const health = endpoint.group.settings.health;
    const before = endpoint.unhealthy;
    if (health !== undefined) count(endpoint, health, event.check, event.outcome);
    if (event.became !== undefined) endpoint.unhealthy = event.became === 'unhealthy';
    const became = this.#settle(endpoint, before);
    // Counters differ when events have crossed: a change that the sender did not have must reach it too.
    if (became !== undefined && event.became === undefined) {
      this.#publish?.(toEvent(endpoint, 'mark', event.check, became));
    }
  }

  /** Keys of all unhealthy endpoints, for a thread that starts. */
  export(): string[] {
    const now = this.#clock.now();
    const keys: string[] = [];
    for (const [key, until] of this.#remembered) if (until >= now) keys.push(key);
    for (const group of this.#groups.values()) {
      for (const endpoint of group.endpoints.values()) if (endpoint.unhealthy) keys.push(endpoint.key);
    }
    return keys;
  }

  /** Takes over what `export` gave; call it before balancers are created. */
  import(keys: readonly string[]): void {
    for (const key of keys) this.#remember(key);
  }

  #remember(key: string): void {
    // Set again at the end: the order of the map is the order of age.
    this.#remembered.delete(key);
    if (this.#remembered.size >= REMEMBERED_LIMIT) {
      const [oldest] = this.#remembered.keys();
      this.#remembered.delete(oldest!);
    }
    this.#remembered.set(key, this.#clock.now() + REMEMBER_MS);
  }

  #mark(endpoint: LiveEndpoint, healthy: boolean): void {
    const before = endpoint.unhealthy;
    endpoint.successes = 0;
    clearFailures(endpoint);
    endpoint.unhealthy = !healthy;
    this.#settle(endpoint, before);
  }

  #settle(endpoint: LiveEndpoint, before: boolean): 'healthy' | 'unhealthy' | undefined {
    if (endpoint.unhealthy === before) return undefined;
    endpoint.refreshUsable();
    // A whole interval passes before a probe may turn it back.
    endpoint.probedAt = this.#clock.now();
    endpoint.group.changed();
    this.#onChange?.(endpoint, !endpoint.unhealthy);
    return endpoint.unhealthy ? 'unhealthy' : 'healthy';
  }
}

/** Kong's counters. True when a counter or the state changed. */
function count(endpoint: LiveEndpoint, health: HealthPolicy, check: CheckKind, outcome: Outcome): boolean {
  const limits = health[check];
  if (outcome === 'success') return countSuccess(endpoint, limits);
  const limit = limitOf(limits, outcome);
  if (limit === 0) return false;
  if (endpoint.unhealthy) {
    // Failures of an endpoint that is out only interrupt its row of successes.
    if (endpoint.successes === 0) return false;
    endpoint.successes = 0;
    return true;
  }
  const failures = increment(endpoint, outcome);
  if (failures >= limit) {
    endpoint.unhealthy = true;
    endpoint.successes = 0;
    clearFailures(endpoint);
  }
  return true;
}

function countSuccess(endpoint: LiveEndpoint, limits: Limits): boolean {
  if (!endpoint.unhealthy) {
    if (endpoint.httpFailures === 0 && endpoint.tcpFailures === 0 && endpoint.timeouts === 0) return false;
    clearFailures(endpoint);
    return true;
  }
  if (limits.successes === 0) return false;
  endpoint.successes++;
  if (endpoint.successes >= limits.successes) {
    endpoint.unhealthy = false;
    endpoint.successes = 0;
  }
  return true;
}

function increment(endpoint: LiveEndpoint, outcome: Outcome): number {
  switch (outcome) {
    case 'tcp_failure':
      return ++endpoint.tcpFailures;
    case 'timeout':
      return ++endpoint.timeouts;
    default:
      return ++endpoint.httpFailures;
  }
}

function limitOf(limits: Limits, outcome: Outcome): number {
  switch (outcome) {
    case 'tcp_failure':
      return limits.tcpFailures;
    case 'timeout':
      return limits.timeouts;
    default:
      return limits.httpFailures;
  }
}

function clearFailures(endpoint: LiveEndpoint): void {
  endpoint.httpFailures = 0;
  endpoint.tcpFailures = 0;
  endpoint.timeouts = 0;
}

/** `ip:port`, IPv6 in brackets. */
export function addressOf(endpoint: { readonly ip: string; readonly port: number }): string {
  return endpoint.ip.includes(':') ? `[${endpoint.ip}]:${endpoint.port}` : `${endpoint.ip}:${endpoint.port}`;
}

/** As targets are stored, so that one spelling of an IPv6 address meets another. */
function expandedAddressOf({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${expandIPv6(ip)}]:${port}` : `${ip}:${port}`;
}

function toEvent(
  endpoint: LiveEndpoint,
  outcome: Outcome | 'mark',
  check: CheckKind,
  became: 'healthy' | 'unhealthy' | undefined,
): HealthEvent {
  const base = { upstreamId: endpoint.group.id, address: endpoint.key, outcome, check };
  return became === undefined ? base : { ...base, became };
}
