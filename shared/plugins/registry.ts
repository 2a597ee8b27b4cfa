/**
 * Which plugins there are. Bundled ones are folders beside this file: a schema is loaded when somebody looks at it
 * (validation does, where the plugin is configured), the code when a configuration is put in place with it. Users' plugins are files that are
 * loaded by path. A plugin that cannot be loaded is an error that names the file and what is wrong with it.
 */
import type { AnyPluginDefinition, PluginDefinition, PluginEntitySchema, PluginSchema } from './contract.ts';
import { functionDefinition, functionSchema } from './function-plugins.ts';
import { PluginLoadError } from './load-error.ts';
import { availableSchema } from './not-available.ts';
import { loadUserPlugin } from './user-plugin.ts';

const { readdirSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');

/** Bundled plugins with entities of their own. Their schemas are loaded to read any configuration; a test holds it true. */
export const WITH_ENTITIES: ReadonlySet<string> = new Set([
  'acl',
  'basic-auth',
  'hmac-auth',
  'jwt',
  'key-auth',
]);

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
  /** False when the plugin surely has no entities of its own; it is known without looking at the schema. */
  mayOwn(name: string): boolean;
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
  /** It may have entities of its own. */
  readonly mayOwn: boolean;
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
    entries.set(name, new BundledEntry(name, allowed));
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
      mayOwn: true,
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
    mayOwn: (name) => entries.get(name)?.mayOwn === true,
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

const require = createRequire(import.meta.url);

class BundledEntry implements Entry {
  readonly source = 'a bundled plugin';
  readonly mayOwn: boolean;
  definition: AnyPluginDefinition | undefined;
  loading: Promise<AnyPluginDefinition> | undefined;
  readonly #name: string;
  readonly #functionModules: boolean;
  #schema: PluginSchema | undefined;

  constructor(name: string, functionModules: boolean) {
    this.#name = name;
    this.#functionModules = functionModules;
    this.mayOwn = WITH_ENTITIES.has(name);
  }

  get schema(): PluginSchema {
    if (this.#schema === undefined) {
      // At once, because a schema is needed in the middle of validation; three dozen of them cost every microgateway 2 MB.
      const module = require(`./${this.#name}/schema${EXTENSION}`) as { default: PluginSchema };
      const available = availableSchema(this.#name, module.default);
      this.#schema = functionSchema(this.#name, available, this.#functionModules);
    }
    return this.#schema;
  }
}

async function loadBundledDefinition(name: string, functionModules: boolean): Promise<AnyPluginDefinition> {
  const module: { default: PluginDefinition } = await import(`./${name}/index${EXTENSION}`);
  return functionDefinition(module.default, functionModules);
}

function collectEntities(entries: ReadonlyMap<string, Entry>): Readonly<Record<string, OwnedEntitySchema>> {
  const entities: Record<string, OwnedEntitySchema> = Object.create(null);
  for (const [plugin, entry] of entries) {
    if (!entry.mayOwn) continue;
    const { schema, source } = entry;
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
