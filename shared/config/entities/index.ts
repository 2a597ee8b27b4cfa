/** All kinds of entities by collection name: Kong's own, and those of the plugins that are loaded. */
import type { OwnedEntitySchema, PluginRegistry } from '../plugin-registry.ts';
import { type AnyField, type Fields, foreign, integer, record } from '../schema/field.ts';
import { caCertificates } from './ca-certificates.ts';
import { certificates } from './certificates.ts';
import { createdAt, id, tags } from './columns.ts';
import { consumers } from './consumers.ts';
import { define, type EntityDefinition } from './definition.ts';
import { keySets } from './key-sets.ts';
import { keys } from './keys.ts';
import { plugins } from './plugins.ts';
import { routes } from './routes.ts';
import { services } from './services.ts';
import { snis } from './snis.ts';
import { targets } from './targets.ts';
import { upstreams } from './upstreams.ts';
import { vaults } from './vaults.ts';

/** Kong's own entities, each after those that it refers to. */
export const CORE_ENTITIES: readonly EntityDefinition[] = [
  certificates,
  caCertificates,
  snis,
  services,
  routes,
  consumers,
  upstreams,
  targets,
  keySets,
  keys,
  vaults,
  plugins,
];

/**
 * Seconds. The Admin API takes at most 100,000,000 from now; what is stored counts from the creation and may
 * therefore be longer by the age of the entity.
 */
const LONGEST_TTL = 4_294_967_295;

export type EntityIndex = ReadonlyMap<string, EntityDefinition>;

const indexes = new WeakMap<PluginRegistry, EntityIndex>();

/** Collection name to definition, in an order in which each comes after those that it refers to. */
export function entityIndex(registry: PluginRegistry): EntityIndex {
  let index = indexes.get(registry);
  if (index === undefined) {
    const map = new Map(CORE_ENTITIES.map((definition) => [definition.collection, definition]));
    for (const [collection, schema] of Object.entries(registry.entitySchemas()))
      map.set(collection, owned(collection, schema));
    index = map;
    indexes.set(registry, index);
  }
  return index;
}

/** The definition of a plugin's entity; the fields that all credentials have are added where they are missing. */
function owned(collection: string, schema: OwnedEntitySchema): EntityDefinition {
  const fields: Record<string, AnyField> = { id, created_at: createdAt };
  const own: Fields = schema.fields;
  for (const [name, field] of Object.entries(own)) fields[name] = field;
  if (schema.nestedPath !== undefined) {
    fields['consumer'] ??= foreign(
      'consumers',
      { required: true, description: 'The consumer that it belongs to.' },
      'cascade',
    );
    fields['tags'] ??= tags;
  }
  if (schema.ttl === true) {
    fields['ttl'] ??= integer({
      between: [0, LONGEST_TTL],
      description: 'Seconds after which it is over, counted from its creation; 0 = never.',
    });
  }
  const { endpointKey } = schema;
  const field = endpointKey === undefined ? undefined : fields[endpointKey];
  if (endpointKey !== undefined && field !== undefined && field.options.unique !== true) {
    fields[endpointKey] = { ...field, options: { ...field.options, unique: true } } as AnyField;
  }
  return define({
    collection,
    adminPath: schema.adminPath,
    schema: record(fields, schema.checks === undefined ? {} : { checks: schema.checks }),
    endpointKey,
    cacheKey: schema.cacheKey ?? (endpointKey === undefined ? undefined : [endpointKey]),
    owner: schema.plugin,
    ttl: schema.ttl ?? false,
    ...(schema.transform === undefined ? {} : { transform: schema.transform }),
  });
}
