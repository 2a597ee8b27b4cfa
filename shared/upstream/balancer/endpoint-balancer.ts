/**
 * The balancer of one generation: keeps the list of its endpoints in step with DNS and health, outside
 * the request path, and answers `pick` from what is ready.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Balancer, BalancerRequest, Endpoint, EndpointHealth, NoEndpoint } from '../contract.ts';
import type { NameSource } from '../dns/resolution.ts';
import type { Prober } from '../health/prober.ts';
import type { Algorithm, Member } from './algorithm.ts';
import { wasTried } from './algorithm.ts';
import type { BalancerSource } from './balancer-source.ts';
import { balancerSourceKey } from './balancer-source.ts';
import type { EndpointGroup, GroupSettings } from './endpoint-group.ts';
import type { EndpointRegistry } from './endpoint-registry.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { type TargetAddress, TargetList } from './target-list.ts';

/** While other names are still awaited, answers that come within this time are taken in together. */
const MERGE_MS = 50;

export interface BalancerParts {
  readonly source: BalancerSource;
  readonly algorithm: Algorithm;
  readonly settings: GroupSettings;
  readonly registry: EndpointRegistry;
  readonly names: NameSource;
  readonly clock: Clock;
  readonly prober: Prober | undefined;
}

export class EndpointBalancer implements Balancer {
  readonly hostHeader: string | undefined;
  readonly #source: BalancerSource;
  readonly #algorithm: Algorithm;
  readonly #settings: GroupSettings;
  readonly #registry: EndpointRegistry;
  readonly #clock: Clock;
  readonly #prober: Prober | undefined;
  readonly #group: EndpointGroup;
  readonly #targets: TargetList;
  readonly #thresholdPercent: number;
  readonly #breaker: boolean;
  /** All members, by endpoint key. */
  #members = new Map<string, Member>();
  /** Those with a weight. */
  #weighted: Member[] = [];
  /** Those whose breaker is not closed, but which are healthy: candidates for a trial request. */
  #onTrial: LiveEndpoint[] = [];
  /** What the group's version was when the lists were made. */
  #version = -1;
  /** Undefined when there is somebody to pick; trial requests may still go out otherwise. */
  #refusal: NoEndpoint | undefined = 'no_peer';
  #merge: Timer | undefined;
  #released = false;

  constructor(parts: BalancerParts) {
    const { source } = parts;
    this.#source = source;
    this.#algorithm = parts.algorithm;
    this.#settings = parts.settings;
    this.#registry = parts.registry;
    this.#clock = parts.clock;
    this.#prober = parts.prober;
    this.#thresholdPercent = parts.settings.health?.thresholdPercent ?? 0;
    this.#breaker = parts.settings.breaker !== undefined;
    this.hostHeader = source.kind === 'upstream' ? (source.upstream.host_header ?? undefined) : undefined;
    this.#group = parts.registry.group(groupId(source, this.#breaker));
    this.#group.use(parts.settings);
    this.#targets = new TargetList(source, parts.names, () => this.#namesChanged());
    this.#rebuild();
  }

  pick(request: BalancerRequest): Endpoint | NoEndpoint {
    if (this.#version !== this.#group.version) this.#refresh();
    if (this.#onTrial.length > 0) {
      const endpoint = this.#trial(request);
      if (endpoint !== undefined) return endpoint;
    }
    return this.#refusal ?? this.#algorithm.pick(request);
  }

  async resolved(): Promise<void> {
    await this.#targets.resolved();
    if (!this.#released && this.#merge !== undefined) this.#rebuild();
  }

  health(): readonly EndpointHealth[] {
    const inUse = this.#settings.health?.inUse === true;
    const rows: EndpointHealth[] = [];
    for (const { endpoint, weight, target } of this.#members.values()) {
      const row: EndpointHealth = {
        target,
        ip: endpoint.ip,
        port: endpoint.port,
        weight,
        health:
          weight === 0
            ? 'HEALTHCHECKS_OFF'
            : endpoint.unhealthy
              ? 'UNHEALTHY'
              : inUse
                ? 'HEALTHY'
                : 'HEALTHCHECKS_OFF',
      };
      rows.push(this.#breaker ? { ...row, breaker: endpoint.breakerState } : row);
    }
    for (const { target, port, weight, state } of this.#targets.unresolved()) {
      if (state === 'pending') continue;
      rows.push({ target, ip: '', port, weight, health: weight === 0 ? 'HEALTHCHECKS_OFF' : 'DNS_ERROR' });
    }
    return rows;
  }

  /** The lists stay: an exchange that still holds this generation can pick from them. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#merge?.cancel();
    this.#merge = undefined;
    this.#prober?.stop();
    this.#targets.close();
    for (const { endpoint } of this.#members.values()) this.#registry.release(endpoint);
    this.#group.leave(this.#settings);
    this.#registry.left(this.#group);
    // Nobody must wait for a resolution that will not come.
    this.#refresh();
  }

  #namesChanged(): void {
    if (this.#released) return;
    const pending = this.#targets.unresolved().some(({ state }) => state === 'pending');
    if (!pending || this.#weighted.length === 0) this.#rebuild();
    else this.#merge ??= this.#clock.after(MERGE_MS, () => this.#rebuild());
  }

  /** Takes in what the targets resolve to now. */
  #rebuild(): void {
    this.#merge?.cancel();
    this.#merge = undefined;
    const previous = this.#members;
    const members = new Map<string, Member>();
    for (const address of this.#targets.addresses()) {
      const key = this.#keyOf(address);
      const twin = members.get(key);
      const endpoint =
        twin?.endpoint ??
        previous.get(key)?.endpoint ??
        this.#registry.take(this.#group, key, {
          ip: address.ip,
          port: address.port,
          hostname: address.hostname,
        });
      const weight = (twin?.weight ?? 0) + address.weight;
      members.set(key, { endpoint, weight, target: twin?.target ?? address.target });
    }
    for (const [key, { endpoint }] of previous) if (!members.has(key)) this.#registry.release(endpoint);
    for (const { endpoint, weight, target } of members.values()) {
      endpoint.weight = weight;
      endpoint.target = target;
    }
    this.#members = members;
    this.#weighted = [...members.values()].filter(({ weight }) => weight > 0);
    this.#algorithm.setMembers(this.#weighted, this.#targets.weighted);
    this.#prober?.setEndpoints(this.#weighted.map(({ endpoint }) => endpoint));
    this.#refresh();
  }

  /** Takes in which of the members can be used now. */
  #refresh(): void {
    this.#version = this.#group.version;
    const usable: Member[] = [];
    const onTrial: LiveEndpoint[] = [];
    let total = 0;
    let healthy = 0;
    for (const member of this.#weighted) {
      const { endpoint, weight } = member;
      total += weight;
      if (endpoint.unhealthy) continue;
      healthy += weight;
      if (endpoint.usable) usable.push(member);
      else onTrial.push(endpoint);
    }
    if (healthy === 0 || (healthy / total) * 100 <= this.#thresholdPercent) {
      this.#onTrial = [];
      this.#refusal = total === 0 ? this.#noAddress() : 'no_peer';
      return;
    }
    this.#onTrial = onTrial;
    if (usable.length === 0) {
      this.#refusal = 'no_peer';
      return;
    }
    this.#refusal = undefined;
    this.#algorithm.setUsable(usable);
  }

  #noAddress(): NoEndpoint {
    const unresolved = this.#targets.unresolved();
    if (!this.#released && unresolved.some(({ state, weight }) => state === 'pending' && weight > 0))
      return 'resolving';
    if (this.#source.kind === 'upstream' || unresolved.length === 0) return 'no_peer';
    return unresolved[0]!.state === 'not_found' ? 'dns_not_found' : 'dns_failed';
  }

  #trial(request: BalancerRequest): LiveEndpoint | undefined {
    const tried = request.tried;
    for (const endpoint of this.#onTrial) {
      if (tried.length > 0 && wasTried(tried, endpoint)) continue;
      if (endpoint.admitTrial()) return endpoint;
    }
    return undefined;
  }

  #keyOf({ ip, port, hostname }: TargetAddress): string {
    const source = this.#source;
    if (source.kind === 'host') return `${hostname}|${ip}|${port}`;
    const key = `${source.upstream.id}|${ip}|${port}`;
    return hostname === ip ? key : `${key}|${hostname}`;
  }
}

/**
 * A breaker of its own for a service host: the same address may be reached without one (the application
 * behind this process). An upstream's endpoints are shared, as its health is.
 */
function groupId(source: BalancerSource, breaker: boolean): string {
  const key = balancerSourceKey(source);
  return breaker && source.kind === 'host' ? `${key}|breaker` : key;
}
