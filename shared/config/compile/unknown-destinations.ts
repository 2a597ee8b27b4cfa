/**
 * Plans for outbound destinations that are no service, where those are allowed: made when first asked for,
 * a bounded number of them per generation.
 */
import type { RoutePlan } from '../../proxy/snapshot.ts';
import { withDefaults } from '../entities/defaults.ts';
import { services } from '../entities/services.ts';
import type { Service } from '../entities.ts';

const MOST = 256;

export class UnknownDestinations {
  private readonly plans = new Map<string, RoutePlan>();
  private readonly make: (service: Service) => RoutePlan;

  constructor(make: (service: Service) => RoutePlan) {
    this.make = make;
  }

  /** Undefined when there are too many already: a caller that walks through names gets no further. */
  plan(host: string, port: number): RoutePlan | undefined {
    const key = `${host}:${port}`;
    let plan = this.plans.get(key);
    if (plan === undefined) {
      if (this.plans.size >= MOST || host === '') return undefined;
      plan = this.make(destination(host, port));
      this.plans.set(key, plan);
    }
    return plan;
  }
}

/** Kong's defaults for a service that nobody described. */
function destination(host: string, port: number): Service {
  return withDefaults<Service>(services, { id: `unknown:${host}:${port}`, host, port });
}
