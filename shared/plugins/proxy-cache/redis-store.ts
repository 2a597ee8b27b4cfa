/**
 * Stored responses in Redis, shared by all nodes. A look-up is one round trip with a bound; what cannot be read is not
 * there, and what cannot be written is not stored: the cache is never a reason for an error.
 */
import type { SharedState } from '../../state/redis/shared-state.ts';
import type { CacheStore } from './memory-store.ts';
import { decode, encode, type Stored } from './stored-response.ts';
import { MAX_KEEP_SECONDS } from './storing.ts';

const PREFIX = 'cardinal:proxy-cache:';
const SCAN_COUNT = 500;
/** Keys looked at in one purge: ten million. */
const MAX_SCANS = 20_000;

export class RedisStore implements CacheStore {
  readonly #state: SharedState;

  constructor(state: SharedState) {
    this.#state = state;
  }

  async get(key: string, resource: string, nowMs: number): Promise<Stored | undefined> {
    try {
      // Two commands of one write: the keys may lie on two nodes of a cluster.
      const [octets, mark] = await this.#state.run((client) =>
        Promise.all([client.getBuffer(PREFIX + key), client.get(PREFIX + resource)]),
      );
      if (octets === null) return undefined;
      const stored = decode(octets);
      if (stored === undefined || stored.keepUntil <= nowMs) return undefined;
      if (stored.kind === 'response' && mark !== null && stored.askedAt <= Number(mark)) return undefined;
      return stored;
    } catch {
      return undefined;
    }
  }

  set(key: string, stored: Stored, nowMs: number): void {
    const ttlMs = Math.ceil(stored.keepUntil - nowMs);
    if (ttlMs <= 0 || !this.#state.available) return;
    const octets = encode(stored);
    this.#state.run((client) => client.set(PREFIX + key, octets, 'PX', ttlMs)).catch(() => {});
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#state.run((client) => client.del(PREFIX + key))) > 0;
  }

  invalidate(resource: string, nowMs: number): void {
    this.#state
      .run((client) => client.set(PREFIX + resource, String(nowMs), 'EX', MAX_KEEP_SECONDS + 1))
      .catch(() => {});
  }

  async clear(): Promise<void> {
    const nodes = await this.#state.run(async (client) =>
      'nodes' in client ? client.nodes('master') : [client],
    );
    for (const node of nodes) {
      let cursor = '0';
      for (let n = 0; n < MAX_SCANS; n++) {
        const [next, keys] = await this.#state.run(() =>
          node.scan(cursor, 'MATCH', `${PREFIX}*`, 'COUNT', SCAN_COUNT),
        );
        if (keys.length > 0) await this.#state.run(() => Promise.all(keys.map((key) => node.unlink(key))));
        cursor = next;
        if (cursor === '0') break;
      }
    }
  }
}
