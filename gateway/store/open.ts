/** Opens the store that the setting `store` names. Loads the code of that one alone. */
import type { Store } from './contract.ts';
import { parseStoreLocation } from './location.ts';

export interface StoreOptions {
  /** Milliseconds since the epoch; documents end by it where the store has no clock of its own. */
  readonly now?: () => number;
  /** Gets a line on a store that works but may lose what it was given. */
  readonly warn?: (message: string) => void;
}

/**
 * `location`: `memory`, `sqlite:PATH`, `redis://[USER:PASSWORD@]HOST:PORT/DB`, `rediss://`,
 * `redis+sentinel://HOST:PORT,HOST:PORT/MASTER[/DB]`, `redis+cluster://HOST:PORT,HOST:PORT`; those of Redis with
 * `?prefix=`, `?ca=` (a PEM file, with `rediss`), `?sentinel_username=`, `?sentinel_password=`. Rejects with a
 * StoreLocationError when it is none of these, with StoreUnavailable when the store cannot be opened now, and
 * with StoreFormatError when a newer version of this program (or another program) wrote it.
 */
export async function openStore(location: string, options: StoreOptions = {}): Promise<Store> {
  const parsed = parseStoreLocation(location);
  switch (parsed.kind) {
    case 'memory': {
      const { MemoryStore } = await import('./memory.ts');
      return new MemoryStore(options.now);
    }
    case 'sqlite': {
      const { SqliteStore } = await import('./sqlite/store.ts');
      return SqliteStore.open(parsed.path, options.now);
    }
    case 'redis': {
      const { RedisStore } = await import('./redis/store.ts');
      return RedisStore.open(parsed, options.warn);
    }
  }
}
