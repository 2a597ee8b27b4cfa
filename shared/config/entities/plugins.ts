/**
 * Plugins as entities: which plugin runs where, with which configuration. The `config` is checked against the
 * schema of the plugin that `name` names; some plugins narrow the scopes and protocols as well.
 */
import type { AnyPluginSchema, PluginRegistry } from '../plugin-registry.ts';
import {
  boolean,
  type Fields,
  foreign,
  json,
  type RecordField,
  record,
  set,
  string,
} from '../schema/field.ts';
import { nameField } from '../schema/formats.ts';
import { fieldsTree } from '../schema/problem.ts';
import { HTTP_PROTOCOLS, PROTOCOLS } from '../schema/protocols.ts';
import { isRecord, type Validated, type ValidateOptions, validate } from '../schema/validate.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';
import { randomToken } from './random-token.ts';

const protocols = (allowed: readonly string[], preset: readonly string[]) =>
  set(string({ oneOf: allowed }), {
    required: true,
    default: preset,
    description: 'Protocols for which the plugin runs.',
  });

const fields = {
  id,
  name: string({ required: true, description: 'Name of the plugin.' }),
  instance_name: nameField({ unique: true, description: 'Name of this use of the plugin.' }),
  created_at: createdAt,
  updated_at: updatedAt,
  route: foreign('routes', { description: 'Only for requests of this route.' }, 'cascade'),
  service: foreign('services', { description: 'Only for requests to this service.' }, 'cascade'),
  consumer: foreign('consumers', { description: 'Only for requests of this consumer.' }, 'cascade'),
  config: json({ required: true, default: {}, description: 'Configuration of the plugin.' }),
  protocols: protocols(PROTOCOLS, HTTP_PROTOCOLS),
  enabled: boolean({
    required: true,
    default: true,
    description: 'A plugin that is not enabled is ignored.',
  }),
  tags,
} as const;

export const plugins = define({
  collection: 'plugins',
  endpointKey: 'instance_name',
  cacheKey: ['name', 'route', 'service', 'consumer'],
  schema: record(fields),
});

const narrowed = new WeakMap<AnyPluginSchema, RecordField>();

/** The schema of a plugin entity once its name is known: this is what `/schemas/plugins/<name>` describes. */
export function pluginEntitySchema(schema: AnyPluginSchema): RecordField {
  let result = narrowed.get(schema);
  if (result === undefined) {
    const own: Record<string, Fields[string]> = { ...fields };
    for (const scope of schema.noScope ?? []) {
      own[scope] = foreign(`${scope}s`, { eq: null, description: 'This plugin does not have this scope.' });
    }
    const allowed = schema.protocols ?? HTTP_PROTOCOLS;
    own['protocols'] = protocols(allowed, schema.defaultProtocols ?? HTTP_PROTOCOLS);
    own['config'] = record(schema.config.fields, { ...schema.config.options, required: true });
    result = record(own, schema.checks === undefined ? {} : { checks: schema.checks });
    narrowed.set(schema, result);
  }
  return result;
}

/** Validates a plugin entity together with its configuration; generated values of the latter are made up. */
export function validatePlugin(
  input: unknown,
  registry: PluginRegistry,
  options: ValidateOptions = {},
): Validated {
  const name = isRecord(input) && Object.hasOwn(input, 'name') ? input['name'] : undefined;
  const schema = typeof name === 'string' ? registry.schema(name) : undefined;
  if (schema !== undefined) {
    const validated = validate(pluginEntitySchema(schema), input, options);
    if (validated.problems.length === 0) generate(schema.config.fields, validated.value['config']);
    return validated;
  }
  const result = validate(plugins.schema, input, options);
  if (typeof name !== 'string' || name === '') return result;
  const problem = {
    path: [...(options.at ?? []), 'name'],
    message: `plugin '${name}' not enabled; add it to the 'plugins' configuration property`,
    kind: 'plugin',
    candidates: registry.names(),
  } as const;
  const problems = [problem, ...result.problems];
  return { value: result.value, problems, fields: fieldsTree(problems) };
}

/** Fills in the secrets of a configuration that are Kong's `auto`: 32 random letters and digits. */
function generate(fields: Fields, config: unknown): void {
  if (!isRecord(config)) return;
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (field?.type === 'string' && field.options.auto === true && config[name] === null)
      (config as Record<string, unknown>)[name] = randomToken();
  }
}
