/**
 * The endpoints of the process, by upstream and address. A generation takes and releases them; an
 * endpoint that nobody uses any more stays for a short while (as long as it has requests in flight,
 * and at least the overlap in which a reload or a DNS answer may bring it back), then is forgotten
 * with its health.
 */
import type { Clock, Timer } from '../clock.ts';
import type { HealthBoard } from '../health/board.ts';
import { EndpointGroup } from './endpoint-group.ts';
import { type EndpointAddress, LiveEndpoint } from './live-endpoint.ts';

/** Kong's overlap for statuses of addresses that went away. */
const LINGER_MS = 10_000;

export class EndpointRegistry {
  readonly groups = new Map<string, EndpointGroup>();
  readonly #clock: Clock;
  readonly #board: HealthBoard;
  #sweep: Timer | undefined;

  constructor(clock: Clock, board: HealthBoard) {
    this.#clock = clock;
    this.#board = board;
    board.attach(this.groups);
  }

  /** The group of that id; made when there is none. It stays while generations or endpoints use it. */
  group(id: string): EndpointGroup {
    let group = this.groups.get(id);
    if (group === undefined) {
      group = new EndpointGroup(id);
      this.groups.set(id, group);
    }
    return group;
  }

  /** The endpoint of that address, to be given back with `release`. */
  take(group: EndpointGroup, key: string, address: EndpointAddress): LiveEndpoint {
    let endpoint = group.endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = new LiveEndpoint(address, key, group, this.#clock, this.#board);
      group.endpoints.set(key, endpoint);
      this.#board.joined(endpoint);
    }
    endpoint.references++;
    return endpoint;
  }

  release(endpoint: LiveEndpoint): void {
    endpoint.references--;
    if (endpoint.references > 0) return;
    endpoint.unusedSince = this.#clock.now();
    this.#scheduleSweep();
  }

  /** A generation has left the group; forgets the group when nothing is in it. */
  left(group: EndpointGroup): void {
    if (group.users === 0 && group.endpoints.size === 0) this.groups.delete(group.id);
  }

  /** Endpoints known, those that drain included. */
  get size(): number {
    let size = 0;
    for (const group of this.groups.values()) size += group.endpoints.size;
    return size;
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.groups.clear();
  }

  #scheduleSweep(): void {
    this.#sweep ??= this.#clock.after(LINGER_MS, () => {
      this.#sweep = undefined;
      if (this.#forgetUnused()) this.#scheduleSweep();
    });
  }

  /** True when unused endpoints are left. */
  #forgetUnused(): boolean {
    const before = this.#clock.now() - LINGER_MS;
    let left = false;
    for (const group of this.groups.values()) {
      for (const endpoint of group.endpoints.values()) {
        if (endpoint.references > 0) continue;
        if (endpoint.active > 0 || endpoint.unusedSince > before) left = true;
        else group.endpoints.delete(endpoint.key);
      }
      this.left(group);
    }
    return left;
  }
}
