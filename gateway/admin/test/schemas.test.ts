import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { CA_CERTIFICATE, RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import type { Fields } from '../../../shared/config/schema/field.ts';
import { bench } from './fixture.ts';
import { type Document, filled } from './schema-defaults.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const CONSUMER = '33333333-3333-4333-8333-333333333333';

/** What must be sent at least, where it is more than a text in each field that is required. */
const MINIMAL: Readonly<Record<string, object>> = {
  services: { host: 'h.example' },
  routes: { hosts: ['r.example'] },
  consumers: { username: 'u' },
  upstreams: { name: 'u.example' },
  certificates: { cert: RSA_CERTIFICATE, key: RSA_KEY },
  ca_certificates: { cert: CA_CERTIFICATE },
  key_sets: { name: 'k' },
  vaults: { name: 'env', prefix: 'v' },
  keys: { kid: '1', jwk: '{"kty":"oct","k":"c2VjcmV0","kid":"1"}' },
  snis: { name: 'a.example', certificate: { id: ID } },
  targets: { target: '10.0.0.1:80' },
};

function minimalOf({ collection, schema }: EntityDefinition): Record<string, unknown> {
  const minimal: Record<string, unknown> = { ...MINIMAL[collection] };
  for (const [name, field] of Object.entries(schema.fields as Fields)) {
    if (field.type === 'foreign' && field.reference === 'consumers') minimal[name] = { id: CONSUMER };
    const { required, auto, default: preset } = field.options;
    if (required !== true || auto === true || preset !== undefined || minimal[name] !== undefined) continue;
    if (field.type === 'string') minimal[name] = 'x';
    if (field.type === 'integer') minimal[name] = 1;
  }
  return minimal;
}

/** Times and ids are made for each entity; what a form of an entity adds is no field of its schema. */
const MADE = ['id', 'created_at', 'updated_at', 'cert_digest', 'snis'];

test('PUT of the least there can be gives exactly what the schema says', async () => {
  const { app, managed } = bench();
  await request(app).put(`/consumers/${CONSUMER}`).send({ username: 'c' }).expect(200);
  await request(app).put(`/upstreams/${ID}`).send({ name: 'u.example' }).expect(200);
  for (const definition of managed.view.index.values()) {
    const { collection } = definition;
    // Plugins depend on their configuration; these are made by other means, or below others that must be made first.
    if (collection === 'plugins' || collection.startsWith('oauth2_')) continue;
    const minimal = minimalOf(definition);
    const { body: schema }: { body: Document } = await request(app).get(`/schemas/${collection}`).expect(200);
    const { body, status } =
      collection === 'targets'
        ? await request(app).post(`/upstreams/${ID}/targets`).send(minimal)
        : await request(app).put(`/${definition.adminPath}/${ID}`).send(minimal);
    assert.ok(status === 200 || status === 201, `${collection}: ${JSON.stringify(body)}`);
    if (collection === 'targets') minimal['upstream'] = { id: ID };
    for (const name of MADE) delete body[name];
    const expected = filled(schema, minimal, body);
    for (const name of MADE) delete expected[name];
    // Stored as a hash.
    if (collection === 'basicauth_credentials') expected['password'] = body.password;
    assert.deepEqual(body, expected, collection);
  }
});

test('what schemas show of a field', async () => {
  const { app } = bench();
  const { body } = await request(app).get('/schemas/services');
  const field = (name: string) => body.fields.find((one: object) => name in one)[name];
  const { description: _description, ...retries } = field('retries');
  assert.deepEqual(retries, { type: 'integer', default: 5, between: [0, 32767] });
  assert.equal(field('client_certificate').reference, 'certificates');
  assert.equal(field('ca_certificates').elements.uuid, true);
  assert.ok(body.shorthand_fields[0].url);
  assert.ok(body.entity_checks.some((check: object) => 'conditional' in check));
  const { body: plugin } = await request(app).get('/schemas/plugins/rate-limiting');
  const config = plugin.fields.find((one: object) => 'config' in one).config;
  const alias = config.shorthand_fields.find((one: object) => 'redis_host' in one).redis_host;
  assert.deepEqual(alias.deprecation.replaced_with, [{ path: ['redis', 'host'] }]);
  const { body: keyAuth } = await request(app).get('/schemas/plugins/key-auth');
  assert.deepEqual(
    keyAuth.fields.map((one: object) => Object.keys(one)[0]),
    ['consumer', 'protocols', 'config'],
  );
  assert.equal(keyAuth.fields[0].consumer.eq, null);
  const { body: plugins } = await request(app).get('/schemas/plugins');
  assert.equal(plugins.fields.find((one: object) => 'config' in one).config.abstract, true);
  await request(app).get('/schemas/vaults/env').expect(200);
  for (const [path, message] of [
    ['/schemas/nothing', "No entity named 'nothing'"],
    ['/schemas/plugins/nothing', "No plugin named 'nothing'"],
    ['/schemas/vaults/nothing', "No vault named 'nothing'"],
    ['/plugins/schema/nothing', "No plugin named 'nothing'"],
  ] as const)
    assert.deepEqual((await request(app).get(path).expect(404)).body, { message });
  assert.ok((await request(app).get('/plugins/enabled')).body.enabled_plugins.includes('key-auth'));
});

test('validating without storing', async () => {
  const { app, managed } = bench();
  const validated = { message: 'schema validation successful' };
  const validate = (name: string, body: object) => request(app).post(`/schemas/${name}/validate`).send(body);
  assert.deepEqual((await validate('services', { host: 'h', name: 'x' }).expect(200)).body, validated);
  await validate('routes', { paths: ['/'], service: { id: ID } }).expect(200);
  await validate('routes', { paths: ['/'], service: { name: 'nobody' } }).expect(200);
  await validate('plugins', { name: 'rate-limiting', config: { minute: 1 } }).expect(200);
  await validate('certificates', { cert: RSA_CERTIFICATE, key: RSA_KEY, snis: ['a'] }).expect(200);
  const wrong = await validate('plugins', { name: 'rate-limiting', config: { minute: 'x' } }).expect(400);
  assert.equal(wrong.body.fields.config.minute, 'expected a number');
  assert.equal((await validate('services', { nothing: 1 }).expect(400)).body.code, 2);
  await validate('plugins', { name: 'nothing' }).expect(400);
  await validate('nothing', {}).expect(404);
  assert.equal(managed.generation, 0);
});

test('old names of fields are echoed, and may not contradict the new ones', async () => {
  const { app } = bench();
  const config = { minute: 5, redis_host: 'r.example', redis_port: 7000 };
  const made = await request(app).put(`/plugins/${ID}`).send({ name: 'rate-limiting', config }).expect(200);
  assert.deepEqual([made.body.config.redis.host, made.body.config.redis_port], ['r.example', 7000]);
  const again = await request(app).put(`/plugins/${ID}`).send(made.body).expect(200);
  assert.deepEqual(again.body.config, made.body.config);
  const contradiction = structuredClone(made.body);
  contradiction.config.redis.host = 'other.example';
  const refused = await request(app).put(`/plugins/${ID}`).send(contradiction).expect(400);
  assert.match(JSON.stringify(refused.body.fields), /both deprecated and new field are used/);
  const patch = async (change: object) =>
    (await request(app).patch(`/plugins/${ID}`).send({ config: change }).expect(200)).body.config.redis.host;
  assert.equal(await patch({ redis_host: 'old.example' }), 'old.example');
  assert.equal(await patch({ redis: { host: 'new.example' } }), 'new.example');
  assert.equal((await request(app).get('/plugins')).body.data[0].config.redis_host, 'new.example');
});
