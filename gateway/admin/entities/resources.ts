/**
 * Where the kinds of entities stand in the Admin API: paths of their own, paths below other entities, and those
 * that Kong leaves out.
 */
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import type { EntityIndex } from '../../../shared/config/entities/index.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';

export interface Resource {
  readonly definition: EntityDefinition;
  readonly path: string;
  /** Last part of its paths below other entities: `key-auth` of `/consumers/{consumers}/key-auth`. */
  readonly nestedPath: string;
}

/** Kong keeps them to itself. */
const WITHOUT_ENDPOINTS: ReadonlySet<string> = new Set(['oauth2_authorization_codes', 'session_metadatas']);

export function resourcesOf(index: EntityIndex, plugins: PluginCatalog): ReadonlyMap<string, Resource> {
  const nested = new Map<string, string>();
  for (const { schema } of plugins.schemas) {
    for (const [collection, entity] of Object.entries(schema.entities ?? {})) {
      if (entity.nestedPath !== undefined) nested.set(collection, entity.nestedPath);
    }
  }
  const resources = new Map<string, Resource>();
  for (const definition of index.values()) {
    const { collection } = definition;
    if (WITHOUT_ENDPOINTS.has(collection)) continue;
    const path = definition.adminPath;
    resources.set(collection, { definition, path, nestedPath: nested.get(collection) ?? path });
  }
  return resources;
}

/** Collections whose entities are addressed by something secret. */
export function secretlyAddressed(resources: ReadonlyMap<string, Resource>): ReadonlySet<string> {
  const secret = new Set<string>();
  for (const [collection, { definition }] of resources) {
    const { endpointKey, schema } = definition;
    if (endpointKey !== undefined && schema.fields[endpointKey]?.options.encrypted === true)
      secret.add(collection);
  }
  return secret;
}
