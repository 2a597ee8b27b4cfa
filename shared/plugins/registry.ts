/**
 * Which plugins there are. Bundled ones are folders beside this file: their schemas are loaded at once
 * (validation needs them), their code only when a configuration uses it. Users' plugins are files that are
 * loaded by path. A plugin that cannot be loaded is an error that names the file and what is wrong with it.
 */
import type { AnyPluginDefinition, PluginDefinition, PluginEntitySchema, PluginSchema } from './contract.ts';
import { functionDefinition, functionSchema } from './function-plugins.ts';
import { PluginLoadError } from './load-error.ts';
import { availableSchema } from './not-available.ts';
import { loadUserPlugin } from './user-plugin.ts';

const { readdirSync } = process.getBuiltinModule('node:fs');

export { PluginLoadError } from './load-error.ts';

export interface PluginSelection {
  /** Folder names, or all. */
  readonly bundled: readonly string[] | 'all';
  /** Files (or folders with an `index.ts` or `index.js`) of users' plugins. */
  readonly paths: readonly string[];
  /** Lets pre-function and post-function load modules; default no. */
  readonly functionModules?: boolean;
}

export interface PluginRegistry {
  /** Sorted. */
  names(): readonly string[];
  has(name: string): boolean;
  /** Undefined when there is no such plugin. */
  schema(name: string): PluginSchema | undefined;
  /** Loads the code when it is needed for the first time. Rejects with a PluginLoadError. */
  definition(name: string): Promise<AnyPluginDefinition>;
  /** The definition if its code has been loaded. */
  loaded(name: string): AnyPluginDefinition | undefined;
  /** The entities of all plugins by collection name. */
  entitySchemas(): Readonly<Record<string, OwnedEntitySchema>>;
}

export interface OwnedEntitySchema extends PluginEntitySchema {
  readonly plugin: string;
}

interface Entry {
  readonly schema: PluginSchema;
  readonly source: string;
  definition: AnyPluginDefinition | undefined;
  loading: Promise<AnyPluginDefinition> | undefined;
}

/** The names of the bundled plugins, sorted. */
export function bundledPluginNames(): string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && hasSchema(entry.name))
    .map((entry) => entry.name)
    .sort();
}

function hasSchema(folder: string): boolean {
  return readdirSync(`${import.meta.dirname}/${folder}`).some((file) => /^schema\.[jt]s$/.test(file));
}

export async function loadPlugins(selection: PluginSelection): Promise<PluginRegistry> {
  const known = bundledPluginNames();
  const allowed = selection.functionModules ?? false;
  const bundled = selection.bundled === 'all' ? known : selection.bundled;
  const entries = new Map<string, Entry>();
  for (const name of bundled) {
    if (!known.includes(name)) {
      throw new PluginLoadError(`there is no bundled plugin '${name}'; there are ${known.join(', ')}`);
    }
    entries.set(name, await loadBundledSchema(name, allowed));
  }
  for (const path of selection.paths) {
    const { definition, file } = await loadUserPlugin(path);
    const other = entries.get(definition.name);
    if (other !== undefined) {
      throw new PluginLoadError(
        `${file}: its name '${definition.name}' is taken by ${other.source}; choose another name`,
      );
    }
    entries.set(definition.name, {
      schema: definition.schema,
      source: file,
      definition,
      loading: undefined,
    });
  }
  const entities = collectEntities(entries);
  return {
    names: () => [...entries.keys()].sort(),
    has: (name) => entries.has(name),
    schema: (name) => entries.get(name)?.schema,
    loaded: (name) => entries.get(name)?.definition,
    entitySchemas: () => entities,
    async definition(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new PluginLoadError(`there is no plugin '${name}'`);
      if (entry.definition !== undefined) return entry.definition;
      entry.loading ??= loadBundledDefinition(name, allowed);
      entry.definition = await entry.loading;
      return entry.definition;
    },
  };
}

// The extension is that of this file, so that compiled code loads compiled plugins.
const EXTENSION = import.meta.filename.slice(import.meta.filename.lastIndexOf('.'));

async function loadBundledSchema(name: string, functionModules: boolean): Promise<Entry> {
  const module: { default: PluginSchema } = await import(`./${name}/schema${EXTENSION}`);
  return {
    schema: functionSchema(name, availableSchema(name, module.default), functionModules),
    source: 'a bundled plugin',
    definition: undefined,
    loading: undefined,
  };
}

async function loadBundledDefinition(name: string, functionModules: boolean): Promise<AnyPluginDefinition> {
  const module: { default: PluginDefinition } = await import(`./${name}/index${EXTENSION}`);
  return functionDefinition(module.default, functionModules);
}

function collectEntities(entries: ReadonlyMap<string, Entry>): Readonly<Record<string, OwnedEntitySchema>> {
  const entities: Record<string, OwnedEntitySchema> = Object.create(null);
  for (const [plugin, { schema, source }] of entries) {
    for (const [collection, entity] of Object.entries(schema.entities ?? {})) {
      const other = entities[collection];
      if (other !== undefined) {
        throw new PluginLoadError(
          `${source}: its entities '${collection}' are those of the plugin '${other.plugin}'; choose another name`,
        );
      }
      entities[collection] = { ...entity, plugin };
    }
  }
  return entities;
}
