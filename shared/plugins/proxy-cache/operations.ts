/** What the Admin API does to a cache: look at one stored response, remove it, remove all. */
import type { CacheStore } from './memory-store.ts';
import type { Stored } from './stored-response.ts';

export interface ShownResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
  readonly body_len: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Seconds it is fresh. */
  readonly ttl: number;
}

/** `get` gives a ShownResponse or null, `delete` whether there was one, `purge` true. */
export async function operate(
  store: CacheStore,
  operation: string,
  key: string | undefined,
  nowMs: number,
): Promise<ShownResponse | boolean | null> {
  switch (operation) {
    case 'get':
      return key === undefined ? null : shown(await store.get(key, '', nowMs), store, nowMs);
    case 'delete': {
      if (key === undefined) return false;
      const stored = await store.get(key, '', nowMs);
      if (stored?.kind === 'variants') for (const variant of stored.keys) await store.delete(variant);
      return store.delete(key);
    }
    case 'purge':
      await store.clear();
      return true;
    default:
      throw new Error(`proxy-cache has no operation '${operation}'`);
  }
}

async function shown(
  found: Stored | undefined,
  store: CacheStore,
  nowMs: number,
): Promise<ShownResponse | null> {
  // Of several that Vary tells apart, the one stored last.
  const stored = found?.kind === 'variants' ? await store.get(found.keys.at(-1) ?? '', '', nowMs) : found;
  if (stored?.kind !== 'response') return null;
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of stored.headers) {
    const lower = name.toLowerCase();
    const known = headers[lower];
    headers[lower] = known === undefined ? value : [known, value].flat();
  }
  return {
    status: stored.status,
    headers,
    body: stored.body.toString('latin1'),
    body_len: stored.body.length,
    timestamp: Math.floor(stored.storedAt / 1000),
    ttl: stored.lifetime,
  };
}
