/**
 * The endpoints of one upstream (or of one service host) over all generations, and the settings that
 * the newest living generation gave them (or the last one, in the gap between two). Never decides
 * anything about health itself.
 */
import type { BreakerOptions, BreakerState } from '../breaker.ts';
import type { HealthPolicy } from '../health/policy.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

/** What one generation wants of the endpoints. */
export interface GroupSettings {
  readonly health: HealthPolicy | undefined;
  readonly breaker: BreakerOptions | undefined;
  readonly onBreaker: BreakerListener | undefined;
  /** The latency algorithm is in use. */
  readonly latency: boolean;
}

export type BreakerListener = (endpoint: LiveEndpoint, from: BreakerState, to: BreakerState) => void;

const NO_SETTINGS: GroupSettings = {
  health: undefined,
  breaker: undefined,
  onBreaker: undefined,
  latency: false,
};

export class EndpointGroup {
  /** Upstream id; `host:port` of a service host, with `|breaker` when it is reached with one. */
  readonly id: string;
  readonly endpoints = new Map<string, LiveEndpoint>();
  /** Grows whenever an endpoint starts or stops taking requests: balancers compare it before a pick. */
  version = 0;
  settings: GroupSettings = NO_SETTINGS;
  /** Told after each such change. */
  readonly listeners = new Set<() => void>();
  readonly #generations: GroupSettings[] = [];

  constructor(id: string) {
    this.id = id;
  }

  /** Generations that use the group. */
  get users(): number {
    return this.#generations.length;
  }

  use(settings: GroupSettings): void {
    this.#generations.push(settings);
    this.#apply();
  }

  /** Takes back what `use` was given; the newest remaining generation's settings hold again. After the last one they stay. */
  leave(settings: GroupSettings): void {
    const at = this.#generations.indexOf(settings);
    if (at >= 0) this.#generations.splice(at, 1);
    this.#apply();
  }

  changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }

  /** Whether one more breaker may open, by the share of endpoints and by how many would be left. */
  mayOpen(candidate: LiveEndpoint): boolean {
    const options = this.settings.breaker;
    if (options === undefined) return false;
    let inUse = 0;
    let open = 0;
    let left = 0;
    for (const endpoint of this.endpoints.values()) {
      if (endpoint.references === 0 || endpoint.weight === 0) continue;
      inUse++;
      if (endpoint.breakerState !== 'closed') open++;
      else if (endpoint !== candidate && !endpoint.unhealthy) left++;
    }
    const allowed = Math.max(1, Math.floor((inUse * (options.maxOpenPercent ?? 50)) / 100));
    if (open + 1 > allowed) return false;
    return left > 0 || !(options.keepLast ?? inUse > 1);
  }

  #apply(): void {
    const newest = this.#generations.at(-1);
    if (newest === undefined) return;
    // One generation may reach the upstream with a breaker and without: that must not reset the breaker.
    const { breaker, onBreaker } = this.#generations.findLast((one) => one.breaker !== undefined) ?? newest;
    const settings = breaker === newest.breaker ? newest : { ...newest, breaker, onBreaker };
    if (settings === this.settings) return;
    // With health checks switched off nothing would ever bring an unhealthy endpoint back.
    const heal = this.settings.health?.inUse === true && settings.health?.inUse !== true;
    this.settings = settings;
    for (const endpoint of this.endpoints.values()) {
      if (heal) endpoint.unhealthy = false;
      endpoint.applySettings(settings);
    }
    this.changed();
  }
}
