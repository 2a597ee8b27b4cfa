/** `/schemas/*`, `/plugins/schema/{name}`, `/plugins/enabled`, and the validation of an entity that is not stored. */
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { pluginEntitySchema, validatePlugin } from '../../../shared/config/entities/plugins.ts';
import { VAULT_KINDS, vaults } from '../../../shared/config/entities/vaults.ts';
import { type AnyPluginSchema, pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import type { Fields, RecordField } from '../../../shared/config/schema/field.ts';
import { record } from '../../../shared/config/schema/field.ts';
import type { Problem } from '../../../shared/config/schema/problem.ts';
import {
  type ForeignReader,
  foreignById,
  isRecord,
  validate,
} from '../../../shared/config/schema/validate.ts';
import { schemaViolation } from '../../model/errors.ts';
import type { AdminContext } from '../context.ts';
import { entityInput } from '../entities/entity-input.ts';
import { message, ok, refuse } from '../http/answer.ts';
import type { EndpointTable, Handler } from '../http/endpoint-table.ts';
import type { PluginSchemas } from './plugin-schemas.ts';
import { fieldDocument, schemaDocument } from './schema-document.ts';

export function addSchemaEndpoints(
  table: EndpointTable,
  context: AdminContext,
  plugins: PluginSchemas,
): void {
  const { index } = context.managed.view;
  const registry = pluginRegistry(context.plugins.schemas);
  const entity = (name: string): EntityDefinition => {
    const definition = index.get(name);
    if (definition === undefined) throw refuse(404, `No entity named '${name}'`);
    return definition;
  };
  const plugin = (name: string): AnyPluginSchema => {
    const schema = plugins.get(name);
    if (schema === undefined) throw refuse(404, `No plugin named '${name}'`);
    return schema;
  };

  table.add('/schemas/{name}', {
    GET: ({ values: [name] }) => {
      const { schema, collection } = entity(name as string);
      return ok(schemaDocument(schema, collection === 'plugins' ? CONFIG : undefined));
    },
  });
  table.add('/schemas/plugins/{name}', {
    GET: ({ values: [name] }) => ok(pluginDocument(plugin(name as string))),
  });
  table.add('/schemas/vaults/{name}', {
    GET: ({ values: [name] }) => {
      if (!VAULT_KINDS.includes(name as string)) return message(404, `No vault named '${name}'`);
      const fields: Fields = vaults.schema.fields;
      return ok(schemaDocument(record({ config: fields['config'] as RecordField })));
    },
  });

  const validateAs =
    (named: ((values: readonly string[]) => string) | string): Handler =>
    async (call) => {
      const definition = entity(typeof named === 'string' ? named : named(call.values));
      const input = entityInput(await call.body(), definition, plugins);
      if (definition.collection === 'certificates') delete input['snis'];
      const problems = problemsOf(definition, input, registry);
      if (problems.length > 0) throw schemaViolation(problems);
      return ok({ message: 'schema validation successful' });
    };
  table.add('/schemas/{name}/validate', { POST: validateAs(([name]) => name as string) });
  table.add('/schemas/plugins/validate', { POST: validateAs('plugins') });
  table.add('/schemas/vaults/validate', { POST: validateAs('vaults') });

  table.add('/plugins/schema/{name}', {
    GET: ({ values: [name] }) => {
      const { type: _type, required: _required, ...document } = fieldDocument(plugin(name as string).config);
      return ok(document);
    },
  });
  table.add('/plugins/enabled', { GET: () => ok({ enabled_plugins: [...plugins.keys()].sort() }) });
}

const CONFIG: ReadonlySet<string> = new Set(['config']);

/** What a plugin's schema says beside that of all plugins: as in Kong, no more than that. */
function pluginDocument(schema: AnyPluginSchema) {
  const whole = pluginEntitySchema(schema);
  const all: Fields = whole.fields;
  const fields: Record<string, Fields[string]> = {};
  for (const name of [...(schema.noScope ?? []), 'protocols', 'config'])
    fields[name] = all[name] as Fields[string];
  return schemaDocument(record(fields, whole.options));
}

/** Nothing that would take a look at other entities: whether they exist, whether a value is taken. */
function problemsOf(
  definition: EntityDefinition,
  sent: Readonly<Record<string, unknown>>,
  registry: ReturnType<typeof pluginRegistry>,
): readonly Problem[] {
  const input = definition.prepare?.(sent) ?? sent;
  const options = { foreign: foreignByIdOrName };
  const { value, problems } =
    definition.collection === 'plugins'
      ? validatePlugin(input, registry, options)
      : validate(definition.schema, input, options);
  const wrong = problems.length === 0 ? definition.inspect?.(value, Date.now() / 1000) : undefined;
  return wrong === undefined ? problems : [{ path: [wrong.field], message: wrong.message, kind: 'check' }];
}

/** `{"id": ...}`, or a unique field of the other entity: `{"name": ...}`. */
const foreignByIdOrName: ForeignReader = (value, reference) => {
  if (isRecord(value)) {
    const [entry, more] = Object.entries(value);
    if (entry !== undefined && more === undefined && entry[0] !== 'id' && typeof entry[1] === 'string')
      return { value };
  }
  return foreignById(value, reference);
};
