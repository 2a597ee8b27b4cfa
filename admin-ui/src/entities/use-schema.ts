/** The schema of an entity as the running gateway has it; of a plugin with what its own schema says. */
import { useMemo } from 'react';
import { pathOf } from '../api/endpoints.ts';
import { useApi } from '../api/use-api.ts';
import { type EntitySchema, pluginEntity } from '../form/schema.ts';

export interface SchemaResult {
  readonly schema: EntitySchema | undefined;
  readonly error: Error | null;
  /** This gateway has no such plugin: its config is shown as it is. */
  readonly unknownPlugin: boolean;
}

/** `plugin`: the plugin's name, when the entity is one. */
export function useSchema(collection: string, plugin?: string): SchemaResult {
  const all = useApi<EntitySchema>(pathOf('schema', collection), { constant: true });
  const own = useApi<EntitySchema>(pathOf('pluginSchema', plugin ?? '-'), {
    constant: true,
    enabled: plugin !== undefined,
  });
  const missing = own.error !== null && plugin !== undefined;
  const schema = useMemo(() => {
    if (all.data === undefined || plugin === undefined) return all.data;
    if (own.data !== undefined) return pluginEntity(all.data, own.data);
    return missing ? all.data : undefined;
  }, [all.data, own.data, plugin, missing]);
  return { schema, error: all.error, unknownPlugin: missing };
}
