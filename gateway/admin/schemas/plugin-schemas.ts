/** The schemas of the plugins that this process has, by name. */
import type { AnyPluginSchema } from '../../../shared/config/plugin-registry.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';

export type PluginSchemas = ReadonlyMap<string, AnyPluginSchema>;

export function pluginSchemas(catalog: PluginCatalog): PluginSchemas {
  return new Map(catalog.schemas.map(({ name, schema }) => [name, schema]));
}
