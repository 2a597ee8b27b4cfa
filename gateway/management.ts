/**
 * What a gateway is managed through, opened before anything else starts: the store with the configuration in it, or
 * a file, or what was posted. The small things beside the configuration (tokens, the CA of the control plane, the
 * nodes that were seen) are documents of a store in each case.
 */
import { randomUUID } from 'node:crypto';
import { CliError } from '../shared/cli/cli-error.ts';
import type { Io } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';
import { EMPTY_CONFIGURATION } from '../shared/config/empty.ts';
import { entityIndex } from '../shared/config/entities/index.ts';
import { pluginRegistry } from '../shared/config/plugin-registry.ts';
import type { Settings } from '../shared/config/settings/settings.ts';
import type { ConfigurationReader } from '../shared/config/source/reader.ts';
import type { Logger } from '../shared/observe/logger.ts';
import type { PluginCatalog } from '../shared/plugins/catalog.ts';
import type { ManagedConfiguration } from './configuration/contract.ts';
import type { ConfigurationControl } from './configuration/control.ts';
import { FixedConfiguration } from './configuration/fixed-configuration.ts';
import { StoredConfiguration } from './configuration/stored-configuration.ts';
import type { DataDirectory } from './data-directory.ts';
import { type StartupConfiguration, startupConfiguration } from './startup-configuration.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/open.ts';
import { documentStore, entityStore } from './store-place.ts';

export interface Management {
  /** For documents; the configuration is only in it when `managed` is writable. */
  readonly store: Store;
  /** What the workers start with. */
  readonly startup: StartupConfiguration;
  /** The configuration as the Admin API has it; changes go through `control`. */
  managed(control: ConfigurationControl): ManagedConfiguration;
  /** With the workers started: from now on changes are taken, and those of other replicas followed. */
  follow(): void;
  close(): Promise<void>;
}

export interface ManagementOptions {
  readonly settings: Settings;
  readonly directory: DataDirectory;
  readonly catalog: PluginCatalog;
  readonly reader: ConfigurationReader;
  readonly node: string;
  readonly log: Logger;
  readonly io: Io;
}

/** Rejects with a CliError. */
export async function openManagement(options: ManagementOptions): Promise<Management> {
  const { settings, directory, catalog, reader, node, log, io } = options;
  if (settings.declarative_config !== '' && settings.store !== '' && settings.store !== 'off') {
    throw new CliError('a configuration file and a store exclude each other', {
      exitCode: EXIT.usage,
      help: ['leave out --config (cardinal apply FILE puts a file into a store), or --store'],
    });
  }
  checkRole(settings);
  if (settings.database === 'postgres' || settings.database === 'cassandra')
    log.warn(`database = ${settings.database} is not used: entities are kept in the store`, {
      store: settings.store,
    });
  const plugins = pluginRegistry(catalog.schemas);
  const index = entityIndex(plugins);
  const location = entityStore(settings, io.cwd);
  const kept = location !== 'off' || needsDocuments(settings);
  const store = await open(kept ? documentStore(settings, io.cwd) : 'memory', log);
  try {
    if (settings.role === 'data_plane') {
      return {
        store,
        startup: { configuration: EMPTY_CONFIGURATION, generation: 0, origin: 'control-plane', warnings: [] },
        managed: (control) => new FixedConfiguration('control-plane', control, index, plugins),
        follow: () => {},
        close: () => store.close(),
      };
    }
    if (location === 'off') {
      const startup = await startupConfiguration(settings.declarative_config, directory, reader, io);
      return {
        store,
        startup,
        managed: (control) =>
          new FixedConfiguration(startup.origin === 'file' ? 'file' : 'posted', control, index, plugins),
        follow: () => {},
        close: () => store.close(),
      };
    }
    const stored = await StoredConfiguration.open({
      store,
      index,
      plugins,
      node,
      log,
      now: Date.now,
      uuid: randomUUID,
    });
    return {
      store,
      startup: { ...stored.initial, origin: 'store', warnings: [] },
      managed(control) {
        stored.attach(control);
        return stored;
      },
      follow: () => stored.follow(),
      async close() {
        stored.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error instanceof CliError ? error : notUsable(store.location, error as Error);
  }
}

/** Throws a CliError for settings of a data plane without a control plane, and the other way round. */
function checkRole({ role, control_plane: url, token, store }: Settings): void {
  const wrong = (message: string, help: string) =>
    new CliError(message, { exitCode: EXIT.usage, help: [help] });
  if (role !== 'data_plane') {
    if (url !== '' || token !== '')
      throw wrong(
        '--control-plane and --token are for a gateway in the role data_plane',
        'add --role data_plane',
      );
    return;
  }
  if (url === '')
    throw wrong(
      '--control-plane URL (or CARDINAL_CONTROL_PLANE) is missing',
      'it is where the role data_plane gets its configuration',
    );
  if (store !== '' && store !== 'off')
    throw wrong('a data plane has no store of its own: its control plane has it', 'leave out --store');
}

/** Whether anything is kept in documents: tokens, the control plane's keys and nodes. */
function needsDocuments(settings: Settings): boolean {
  const { cluster_listen: cluster, admin_listen: admin, admin_auth: auth } = settings;
  return cluster.length > 0 || (admin.length > 0 && auth !== 'off');
}

async function open(location: string, log: Logger): Promise<Store> {
  try {
    return await openStore(location, { warn: (message) => log.warn(message) });
  } catch (error) {
    throw notUsable(location.replace(/\/\/[^@/]*@/, '//'), error as Error);
  }
}

function notUsable(location: string, error: Error): CliError {
  return new CliError(`the store ${location} cannot be used: ${error.message}`, {
    exitCode: EXIT.config,
    cause: error,
    help: [
      'another one: --store sqlite:PATH, redis://HOST:PORT, memory or off; another folder: --data-dir DIR',
    ],
  });
}
