/**
 * Entities as the history shows them: what their schemas call secret is not there, and that it was another one before
 * can still be seen.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityIndex } from '../../../shared/config/entities/index.ts';
import { pluginEntitySchema } from '../../../shared/config/entities/plugins.ts';
import type { AnyField, Fields, RecordField } from '../../../shared/config/schema/field.ts';
import { isVaultReference } from '../../../shared/config/schema/rules.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';

export const MASK = '******';

export function masked(
  collection: string,
  entity: StoredEntity,
  index: EntityIndex,
  plugins: PluginSchemas,
): Readonly<Record<string, unknown>> {
  const schema = schemaOf(collection, entity, index, plugins);
  // The plugin that the entity belonged to is gone, and what of it is secret is not known.
  if (schema === undefined) return { id: entity.id, hidden: true };
  return maskRecord(schema, entity);
}

function schemaOf(
  collection: string,
  entity: StoredEntity,
  index: EntityIndex,
  plugins: PluginSchemas,
): RecordField | undefined {
  if (collection !== 'plugins') return index.get(collection)?.schema;
  const schema = plugins.get(String(entity['name']));
  return schema === undefined ? undefined : pluginEntitySchema(schema);
}

function maskRecord(schema: RecordField, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Fields = schema.fields;
  const result: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    result[name] = field === undefined ? value[name] : mask(field, value[name]);
  }
  return result;
}

function mask(field: AnyField, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  // A reference says where a secret is, not what it is.
  if (field.options.encrypted === true) return isVaultReference(value) ? value : MASK;
  switch (field.type) {
    case 'record':
      return isRecord(value) ? maskRecord(field, value) : value;
    case 'array':
    case 'set':
      return Array.isArray(value) ? value.map((element) => mask(field.elements, element)) : value;
    case 'map': {
      if (!isRecord(value)) return value;
      const result: Record<string, unknown> = Object.create(null);
      for (const key of Object.keys(value)) result[key] = mask(field.values, value[key]);
      return result;
    }
    default:
      return value;
  }
}

/** The name by which people know the entity; null when it has none or when it is secret (the key of a credential). */
export function maskedKey(
  collection: string,
  entity: StoredEntity | null,
  index: EntityIndex,
): string | null {
  if (entity === null) return null;
  const definition = index.get(collection);
  if (definition === undefined) return null;
  // A plugin is known by what it is, when nobody has given it a name.
  const fields = collection === 'plugins' ? ['instance_name', 'name'] : [definition.endpointKey, 'group'];
  for (const field of fields) {
    if (field === undefined) continue;
    const value = entity[field];
    if (typeof value === 'string' && definition.schema.fields[field]?.options.encrypted !== true)
      return value;
  }
  return null;
}
