/** What `/schemas/plugins/*` says of defaults is what a plugin gets: for every example on the page of every plugin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { parse } from 'yaml';
import { bench } from '../../gateway/admin/test/fixture.ts';
import { type Document, filled } from '../../gateway/admin/test/schema-defaults.ts';
import { bundledPluginNames } from '../../shared/plugins/registry.ts';
import { blocks, textOf } from '../docs/documents.ts';

const ID = '11111111-1111-4111-8111-111111111111';

/** The configurations of the plugin in an example, wherever they stand. */
function configsIn(value: unknown, plugin: string): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap((element) => configsIn(element, plugin));
  if (typeof value !== 'object' || value === null) return [];
  const { name, config, ...rest } = value as Record<string, unknown>;
  const own = name === plugin ? [(config ?? {}) as Record<string, unknown>] : [];
  return [...own, ...configsIn(Object.values(rest), plugin)];
}

test('PUT gives what was sent and the defaults of the schema', async () => {
  const { app } = bench();
  for (const name of bundledPluginNames()) {
    const { body: schema }: { body: Document } = await request(app)
      .get(`/schemas/plugins/${name}`)
      .expect(200);
    const examples = blocks(textOf(`shared/plugins/${name}/README.md`), 'yaml');
    const configs = examples.flatMap((text) => configsIn(parse(text), name));
    assert.ok(configs.length > 0, `${name}: no example`);
    for (const config of configs) {
      const { status, body } = await request(app).put(`/plugins/${ID}`).send({ name, config });
      assert.equal(status, 200, `${name}: ${JSON.stringify(body)}`);
      const { config: expected, protocols } = filled(schema, { config }, body);
      assert.deepEqual(body.config, expected, name);
      assert.deepEqual(body.protocols, protocols, name);
    }
    const { body: only } = await request(app).get(`/plugins/schema/${name}`).expect(200);
    const shown = schema.fields.find((field) => 'config' in field)?.['config'];
    assert.deepEqual(only.fields, shown?.fields);
  }
});
