/** Which store the settings mean: of the gateway itself, and of commands that work on its store. */
import { join, resolve } from 'node:path';
import type { Settings } from '../shared/config/settings/settings.ts';

export type StoreSettings = Pick<Settings, 'store' | 'database' | 'declarative_config' | 'role' | 'data_dir'>;

/** Where the entities are: `off` when they come from elsewhere. Paths are relative to `cwd`. */
export function entityStore(settings: StoreSettings, cwd: string): string {
  const { store, declarative_config: file, database, role } = settings;
  if (store.startsWith('sqlite:')) return `sqlite:${resolve(cwd, store.slice('sqlite:'.length))}`;
  if (store !== '') return store;
  if (file !== '' || database === 'off' || role === 'data_plane') return 'off';
  return databaseIn(settings.data_dir, cwd);
}

/** Where tokens and the like are: with the entities, or without a store for those in the data directory. */
export function documentStore(settings: StoreSettings, cwd: string): string {
  const location = entityStore(settings, cwd);
  return location === 'off' ? databaseIn(settings.data_dir, cwd) : location;
}

function databaseIn(dataDir: string, cwd: string): string {
  return `sqlite:${join(resolve(cwd, dataDir), 'cardinal.db')}`;
}
