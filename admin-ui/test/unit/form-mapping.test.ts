/** Real schemas, of the gateway and all its plugins: every field has a control, and what is not touched is not sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaDocument } from '../../../gateway/admin/schemas/schema-document.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import { pluginEntitySchema } from '../../../shared/config/entities/plugins.ts';
import { pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { openCatalog } from '../../../shared/plugins/catalog.ts';
import { differenceOf } from '../../src/form/changed-fields.ts';
import { type ControlKind, controlKind } from '../../src/form/control-kind.ts';
import { withDefaults } from '../../src/form/defaults.ts';
import { problemWith } from '../../src/form/field-rules.ts';
import {
  type EntitySchema,
  editableFields,
  type FieldSchema,
  fieldsOf,
  labelOf,
  mustBeGiven,
  pluginEntity,
  unitOf,
} from '../../src/form/schema.ts';

const catalog = await openCatalog(['bundled'], [], true);
const index = entityIndex(pluginRegistry(catalog.schemas));
const asShown = (value: unknown) => JSON.parse(JSON.stringify(value)) as EntitySchema;
const schemas = new Map<string, EntitySchema>();
for (const [collection, { schema }] of index) schemas.set(collection, asShown(schemaDocument(schema)));
for (const { name, schema } of catalog.schemas)
  schemas.set(`plugin ${name}`, asShown(schemaDocument(pluginEntitySchema(schema))));

function* everyField(
  schema: Pick<EntitySchema, 'fields'>,
  at = '',
): Generator<readonly [string, string, FieldSchema]> {
  for (const { name, schema: field } of fieldsOf(schema)) {
    yield [`${at}${name}`, name, field];
    if (field.fields !== undefined) yield* everyField({ fields: field.fields }, `${at}${name}.`);
    if (field.elements?.fields !== undefined)
      yield* everyField({ fields: field.elements.fields }, `${at}${name}[].`);
  }
}

test('every field of every schema has a control, and few need JSON', () => {
  const json: string[] = [];
  const kinds = new Set<ControlKind>();
  for (const [owner, schema] of schemas) {
    for (const [path, name, field] of everyField(schema)) {
      const kind = controlKind(name, field);
      kinds.add(kind);
      if (kind === 'json') json.push(`${owner} ${path}`);
    }
  }
  assert.deepEqual(json, [
    // The plugin's own schema takes its place.
    'plugins config',
    // Anything at all, and records under free names.
    'plugin post-function config.options',
    'plugin pre-function config.options',
    'plugin response-ratelimiting config.limits',
  ]);
  for (const kind of [
    'switch',
    'three-way',
    'radio',
    'select',
    'text',
    'long-text',
    'secret',
    'number',
    'tags',
    'checks',
    'records',
    'map',
    'record',
    'foreign',
  ] as const)
    assert.ok(kinds.has(kind), `no real field is a ${kind}`);
});

test('a type that is not known is an editor for JSON', () => {
  for (const field of [
    { type: 'function' },
    { type: 'array' },
    { type: 'record' },
    { type: 'map', keys: { type: 'integer' }, values: { type: 'string' } },
    { type: 'map', keys: { type: 'string' }, values: { type: 'record', fields: [] } },
    { type: 'array', elements: { type: 'array', elements: { type: 'string' } } },
  ])
    assert.equal(controlKind('x', field), 'json');
});

test('what is not touched is not sent: entities with all their defaults, and with fields that nobody knows', () => {
  for (const [owner, schema] of schemas) {
    const entity = { ...withDefaults(schema, {}), id: '1', updated_at: 5, from_the_future: { a: [1] } };
    assert.deepEqual(differenceOf(schema, entity, structuredClone(entity)), { body: {}, fields: [] }, owner);
  }
});

test('no default breaks a rule of its own field', () => {
  for (const [owner, schema] of schemas)
    for (const [path, , field] of everyField(schema))
      assert.equal(problemWith(field, field.default), undefined, `${owner} ${path}`);
});

test('nothing is required that the gateway fills in', () => {
  const required = (name: string) =>
    editableFields(schemas.get(name) as EntitySchema)
      .filter(({ schema }) => mustBeGiven(schema))
      .map(({ name: field }) => field);
  assert.deepEqual(required('services'), ['host']);
  assert.deepEqual(required('routes'), []);
  assert.deepEqual(required('keyauth_credentials'), ['consumer']);
});

test('a plugin is the schema of all plugins with its own config and scopes', () => {
  const all = schemas.get('plugins') as EntitySchema;
  const own = schemas.get('plugin key-auth') as EntitySchema;
  const schema = pluginEntity(all, own);
  assert.deepEqual(
    fieldsOf(schema).map(({ name }) => name),
    fieldsOf(all).map(({ name }) => name),
  );
  assert.ok(
    fieldsOf({ fields: fieldsOf(schema).find(({ name }) => name === 'config')?.schema.fields ?? [] }).some(
      ({ name }) => name === 'key_names',
    ),
  );
  // key-auth has no scope of a consumer.
  assert.ok(!editableFields(schema).some(({ name }) => name === 'consumer'));
});

test('labels and units', () => {
  assert.equal(labelOf('connect_timeout'), 'Connect timeout');
  assert.equal(labelOf('snis'), 'SNIs');
  assert.equal(labelOf('jwks_uri'), 'JWKS URI');
  assert.equal(
    unitOf('read_timeout', { type: 'integer', description: 'Longest pause, in milliseconds.' }),
    'ms',
  );
  assert.equal(unitOf('second', { type: 'number', description: 'Requests allowed in a second.' }), undefined);
});
