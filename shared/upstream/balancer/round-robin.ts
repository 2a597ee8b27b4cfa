/**
 * Weighted round robin. The order is shuffled once for each list so that several processes do not
 * walk the endpoints in step; endpoints that cannot be used are not in the schedule at all.
 */
import type { BalancerRequest } from '../contract.ts';
import type { Algorithm, Member } from './algorithm.ts';
import { wasTried } from './algorithm.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { WeightedSchedule } from './weighted-schedule.ts';

export class RoundRobin implements Algorithm {
  readonly #random: () => number;
  #endpoints: LiveEndpoint[] = [];
  #schedule: WeightedSchedule | undefined;

  constructor(random: () => number) {
    this.#random = random;
  }

  setMembers(): void {}

  setUsable(usable: readonly Member[]): void {
    const order = shuffled(usable, this.#random);
    this.#endpoints = order.map((member) => member.endpoint);
    // A single endpoint needs no turns.
    this.#schedule =
      order.length > 1 ? new WeightedSchedule(order.map((member) => member.weight)) : undefined;
  }

  pick(request: BalancerRequest): LiveEndpoint {
    const schedule = this.#schedule;
    const endpoints = this.#endpoints;
    if (schedule === undefined) return endpoints[0]!;
    const first = endpoints[schedule.next()]!;
    const tried = request.tried;
    if (tried.length === 0 || !wasTried(tried, first)) return first;
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[schedule.next()]!;
      if (!wasTried(tried, endpoint)) return endpoint;
    }
    // Very uneven weights can give a tried endpoint many turns in a row.
    for (let i = 0; i < endpoints.length; i++) {
      if (!wasTried(tried, endpoints[i]!)) return endpoints[i]!;
    }
    return first;
  }
}

function shuffled(members: readonly Member[], random: () => number): Member[] {
  const order = members.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
