/**
 * Consistent hashing on a continuum built the way Kong builds its own, so that several gateways, of
 * either kind, send the same client to the same place. Each address gets points in proportion to its
 * weight; a request goes to the first usable address at or below its own position.
 */
import type { BalancerRequest } from '../contract.ts';
import type { Algorithm, Member } from './algorithm.ts';
import { wasTried } from './algorithm.ts';
import type { HashInput } from './hash-input.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { xxhash32 } from './xxhash32.ts';

const POINTS_PER_TARGET = 160;
const MIN_POSITIONS = 1000;

export class ConsistentHashing implements Algorithm {
  readonly #input: HashInput;
  readonly #positions: number;
  #endpoints: LiveEndpoint[] = [];
  /** Which endpoint each point belongs to, in the order of the continuum. */
  #points = new Uint32Array(0);
  /** The point at or below each position. */
  #below: Uint32Array;

  /** `slots`: the upstream's; Kong never goes below 1000. */
  constructor(input: HashInput, slots: number) {
    this.#input = input;
    this.#positions = Math.max(slots, MIN_POSITIONS);
    this.#below = new Uint32Array(0);
  }

  setMembers(members: readonly Member[], targetCount: number): void {
    const positions = this.#positions;
    // The same order everywhere: collisions are then settled alike by every process.
    const sorted = members.slice().sort(byTargetAndAddress);
    const total = sorted.reduce((sum, member) => sum + member.weight, 0);
    /** Index into `sorted` plus one; 0 is a free position. */
    const owners = new Uint32Array(positions);
    let count = 0;
    for (let index = 0; index < sorted.length; index++) {
      const { endpoint, weight } = sorted[index]!;
      let points = Math.max(1, Math.floor((weight / total) * targetCount * POINTS_PER_TARGET));
      const prefix = `${endpoint.ip}::${endpoint.port} `;
      for (let i = 1; i <= points && i <= positions; i++) {
        const position = xxhash32(prefix + i) % positions;
        if (owners[position] === 0) {
          owners[position] = index + 1;
          count++;
        } else {
          points++;
        }
      }
    }
    this.#endpoints = sorted.map((member) => member.endpoint);
    this.#points = new Uint32Array(count);
    this.#below = new Uint32Array(positions);
    if (count === 0) return;
    let point = 0;
    for (let position = 0; position < positions; position++) {
      const owner = owners[position]!;
      if (owner > 0) this.#points[point++] = owner - 1;
      // Below the first point the continuum wraps around to the last one.
      this.#below[position] = point > 0 ? point - 1 : count - 1;
    }
  }

  setUsable(): void {}

  pick(request: BalancerRequest): LiveEndpoint {
    const points = this.#points;
    const endpoints = this.#endpoints;
    const tried = request.tried;
    const start = this.#below[xxhash32(this.#input.of(request)) % this.#positions]!;
    let fallback: LiveEndpoint | undefined;
    let point = start;
    for (let i = 0; i < points.length; i++) {
      const endpoint = endpoints[points[point]!]!;
      if (endpoint.usable) {
        if (tried.length === 0 || !wasTried(tried, endpoint)) return endpoint;
        fallback ??= endpoint;
      }
      point = point === 0 ? points.length - 1 : point - 1;
    }
    if (fallback !== undefined) return fallback;
    // Only when the continuum had no room for every address.
    return endpoints.find((endpoint) => endpoint.usable) ?? endpoints[0]!;
  }
}

function byTargetAndAddress(a: Member, b: Member): number {
  return (
    compare(a.target, b.target) || compare(a.endpoint.ip, b.endpoint.ip) || a.endpoint.port - b.endpoint.port
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
