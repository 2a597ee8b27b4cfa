/**
 * The plugins of one process, as the settings name them. Schemas are there from the start; the code of a
 * plugin is loaded when a configuration uses it for the first time.
 */
import type { Configuration } from '../config/entities.ts';
import { nearest } from '../config/schema/similar.ts';
import { bundledPluginVersion } from './bundled-version.ts';
import type { AnyPluginDefinition, PluginSchema } from './contract.ts';
import { PluginLoadError } from './load-error.ts';
import { bundledPluginNames, loadPlugins } from './registry.ts';

/** `schema` is loaded when it is read. */
export interface CatalogSchema {
  readonly name: string;
  readonly schema: PluginSchema;
  /** See `PluginRegistry.mayOwn`. */
  readonly mayOwn: boolean;
}

export interface PluginCatalog {
  readonly schemas: readonly CatalogSchema[];
  /** Those whose code has been loaded, by name. Grows, never shrinks. */
  readonly definitions: ReadonlyMap<string, AnyPluginDefinition>;
  /** Loads the code of every plugin that the configuration uses. Rejects with a PluginLoadError. */
  load(configuration: Configuration): Promise<void>;
  /** Loads no code. Rejects when there is no such plugin. */
  version(name: string): Promise<string>;
  /** Loads the code of all; sorted by name. */
  all(): Promise<readonly AnyPluginDefinition[]>;
}

/** The setting `plugins` names a plugin that does not exist. */
export class UnknownPluginError extends Error {
  readonly help: readonly string[];
  constructor(name: string, known: readonly string[]) {
    super(`there is no plugin '${name}'`);
    this.name = 'UnknownPluginError';
    const near = nearest(name, known);
    this.help = [
      near === undefined ? 'an own plugin needs its path in plugin_paths' : `did you mean ${near}?`,
    ];
  }
}

/**
 * `names` as in the setting `plugins` (`bundled`, names, `off`), `paths` as in `plugin_paths`,
 * `functionModules` as in `function_modules`. Rejects with an
 * UnknownPluginError or a PluginLoadError.
 */
export async function openCatalog(
  names: readonly string[],
  paths: readonly string[],
  functionModules = false,
): Promise<PluginCatalog> {
  const known = bundledPluginNames();
  const wanted = names.filter((name) => name !== 'off');
  const bundled = wanted.includes('bundled') ? 'all' : known.filter((name) => wanted.includes(name));
  const registry = await loadPlugins({ bundled, paths, functionModules });
  for (const name of wanted) {
    if (name !== 'bundled' && !registry.has(name))
      throw new UnknownPluginError(name, [...known, ...registry.names()]);
  }
  const definitions = new Map<string, AnyPluginDefinition>();
  const loadOne = async (name: string): Promise<AnyPluginDefinition> => {
    const definition = await registry.definition(name);
    definitions.set(name, definition);
    return definition;
  };
  return {
    schemas: registry.names().map((name) => ({
      name,
      mayOwn: registry.mayOwn(name),
      get schema() {
        return registry.schema(name) as PluginSchema;
      },
    })),
    definitions,
    async load(configuration) {
      const used = new Set(configuration.plugins.map((plugin) => plugin.name));
      for (const name of used) {
        if (!definitions.has(name)) await loadOne(name);
      }
    },
    version: async (name) => registry.loaded(name)?.version ?? bundledPluginVersion(name),
    all: () => Promise.all(registry.names().map(loadOne)),
  };
}

export { PluginLoadError };
