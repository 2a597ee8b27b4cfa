/**
 * Picking the endpoint with the lowest cost: all are compared while they are few; of many, a random
 * sample is, which keeps a pick cheap and stops processes from all choosing the same one.
 */
import type { BalancerRequest } from '../contract.ts';
import type { Algorithm, Member } from './algorithm.ts';
import { wasTried } from './algorithm.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

const SCAN_LIMIT = 64;
const SAMPLE = 16;

export abstract class LowestCost implements Algorithm {
  readonly #random: () => number;
  #members: readonly Member[] = [];
  /** Where the next comparison starts: equal costs take turns. */
  #start = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  setMembers(_members: readonly Member[], _targetCount: number): void {}

  setUsable(usable: readonly Member[]): void {
    this.#members = usable;
    this.#start = Math.floor(this.#random() * usable.length);
  }

  pick(request: BalancerRequest): LiveEndpoint {
    const members = this.#members;
    const size = members.length;
    if (size === 1) return members[0]!.endpoint;
    this.prepare();
    let compared = size;
    if (size > SCAN_LIMIT) {
      compared = SAMPLE;
      this.#start = Math.floor(this.#random() * size);
    } else {
      this.#start++;
      if (this.#start >= size) this.#start = 0;
    }
    const best = this.#best(request, this.#start, compared);
    if (best !== undefined) return best;
    // Everything compared has been tried: look at the rest, then settle for one that was tried.
    const other = compared < size ? this.#best(request, 0, size) : undefined;
    return other ?? members[this.#start]!.endpoint;
  }

  /** Called before the costs of one pick are compared. */
  protected prepare(): void {}

  /** Lower is better. */
  protected abstract cost(endpoint: LiveEndpoint, weight: number): number;

  #best(request: BalancerRequest, start: number, count: number): LiveEndpoint | undefined {
    const members = this.#members;
    const size = members.length;
    const tried = request.tried;
    let best: LiveEndpoint | undefined;
    let lowest = 0;
    // Of many, neighbours of a random start would always come as the same group: stride through them.
    const stride = count < size ? 1 + Math.floor(this.#random() * (size - 1)) : 1;
    let at = start;
    for (let i = 0; i < count; i++) {
      const member = members[at]!;
      at += stride;
      if (at >= size) at -= size;
      const endpoint = member.endpoint;
      if (tried.length > 0 && wasTried(tried, endpoint)) continue;
      const cost = this.cost(endpoint, member.weight);
      if (best === undefined || cost < lowest) {
        best = endpoint;
        lowest = cost;
      }
    }
    return best;
  }
}
