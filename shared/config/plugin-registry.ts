/**
 * Which plugins there are, as far as configuration needs to know: their schemas and the entities they own.
 * The readers are given one; where the plugins come from is not their business.
 */
import type { AnyPluginDefinition, PluginEntitySchema, PluginSchema } from '../plugins/contract.ts';
import type { Fields } from './schema/field.ts';

// A schema's type carries its fields; a registry holds schemas of all plugins.
export type AnyPluginSchema = PluginSchema<Fields>;

export interface OwnedEntitySchema extends PluginEntitySchema {
  /** Name of the plugin. */
  readonly plugin: string;
}

export interface PluginRegistry {
  /** Sorted. */
  names(): readonly string[];
  schema(name: string): AnyPluginSchema | undefined;
  /** By collection name. */
  entitySchemas(): Readonly<Record<string, OwnedEntitySchema>>;
}

/** A plugin as far as configuration needs it. `mayOwn: false`: it has no entities of its own, and its schema can wait. */
export type ConfigurablePlugin = Pick<AnyPluginDefinition, 'name' | 'schema'> & { readonly mayOwn?: boolean };

/** A registry of these definitions. Throws when two claim the same name or the same collection. */
export function pluginRegistry(definitions: Iterable<ConfigurablePlugin>): PluginRegistry {
  const plugins = new Map<string, ConfigurablePlugin>();
  const entities: Record<string, OwnedEntitySchema> = Object.create(null);
  for (const plugin of definitions) {
    const { name } = plugin;
    if (plugins.has(name)) throw new Error(`two plugins are named ${name}`);
    plugins.set(name, plugin);
    if (plugin.mayOwn === false) continue;
    for (const [collection, entity] of Object.entries(plugin.schema.entities ?? {})) {
      const other = entities[collection];
      if (other !== undefined) throw new Error(`plugins ${other.plugin} and ${name} both own ${collection}`);
      entities[collection] = { ...entity, plugin: name };
    }
  }
  const names = [...plugins.keys()].sort();
  return {
    names: () => names,
    schema: (name) => plugins.get(name)?.schema,
    entitySchemas: () => entities,
  };
}
