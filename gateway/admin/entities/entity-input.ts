/**
 * The fields that a request gives for an entity. Forms need a schema to get their types from: for a plugin that is
 * the one of the plugin that the body, or the entity that is changed, names.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { pluginEntitySchema } from '../../../shared/config/entities/plugins.ts';
import { type RecordField, record, set, string } from '../../../shared/config/schema/field.ts';
import type { RequestBody } from '../body/request-body.ts';
import type { PluginSchemas } from '../schemas/plugin-schemas.ts';

const withVirtualFields = new WeakMap<EntityDefinition, RecordField>();

export function entityInput(
  body: RequestBody,
  definition: EntityDefinition,
  plugins: PluginSchemas,
  stored?: StoredEntity,
): Record<string, unknown> {
  if (definition.collection === 'plugins') {
    const name = body.text('name') ?? stored?.['name'];
    const schema = plugins.get(String(name));
    if (schema !== undefined) return body.fields(pluginEntitySchema(schema));
  }
  return body.fields(
    definition.collection === 'certificates' ? certificateForm(definition) : definition.schema,
  );
}

/** Certificates are sent with the names of their SNIs, which are entities of their own. */
function certificateForm(definition: EntityDefinition): RecordField {
  let schema = withVirtualFields.get(definition);
  if (schema === undefined) {
    schema = record({ ...definition.schema.fields, snis: set(string()) });
    withVirtualFields.set(definition, schema);
  }
  return schema;
}
