/**
 * Plans for services whose requests a plugin sends elsewhere: made when the first such request comes, a bounded
 * number of them per generation. What is not changed (protocol, timeouts, retries, TLS) stays the service's.
 */
import type { Destination } from '../../plugins/contract.ts';
import type { ServicePlan } from '../../proxy/snapshot.ts';
import type { Service } from '../entities.ts';

const MOST = 1024;

export class RedirectedServices {
  private readonly plans = new WeakMap<Destination, Map<string, ServicePlan>>();
  private count = 0;
  private readonly make: (service: Service) => ServicePlan;

  constructor(make: (service: Service) => ServicePlan) {
    this.make = make;
  }

  plan(plan: ServicePlan, destination: Destination): ServicePlan | undefined {
    const { service } = plan;
    let ofDestination = this.plans.get(destination);
    if (ofDestination === undefined) this.plans.set(destination, (ofDestination = new Map()));
    let made = ofDestination.get(service.id);
    if (made === undefined) {
      if (this.count >= MOST) return undefined;
      this.count++;
      const { host, port } = destination;
      made = this.make({ ...service, host: host ?? service.host, port: port ?? service.port });
      ofDestination.set(service.id, made);
    }
    return made;
  }
}
