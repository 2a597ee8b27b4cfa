/** request-validator: bodies and parameters, the languages of schemas, what hostile requests cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type TestRequest } from '../testkit.ts';
import plugin from './index.ts';

type Config = Record<string, unknown>;
const body = (schema: unknown, more: Config = {}) => ({
  body_schema: JSON.stringify(schema),
  version: 'draft7',
  ...more,
});
const post = (value: unknown, type = 'application/json'): TestRequest => ({
  method: 'POST',
  headers: { 'Content-Type': type, 'Content-Length': '1' },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
const run = (config: Config, request: TestRequest) => createPluginHarness(plugin, config).run(request);
const status = async (config: Config, value: unknown) => (await run(config, post(value))).status;
const message = async (config: Config, request: TestRequest) => {
  const result = await run(config, request);
  assert.equal(result.status, 400);
  assert.equal(result.upstream, undefined);
  return JSON.parse(result.body).message;
};

const NAME = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 }, code: { pattern: '^[0-9]+$' } },
};

test('bodies', async () => {
  const config = body(NAME);
  assert.equal(await status(config, { name: 'ann' }), 200);
  assert.equal(await status(config, { name: 'ann', code: '12' }), 200);
  for (const wrong of [
    {},
    [],
    { name: 'ANN' },
    { name: 'toolong' },
    { name: 1 },
    { name: 'ann', code: 'x' },
    '{"name":',
    '',
    'null',
  ])
    assert.equal(await status(config, wrong), 400, JSON.stringify(wrong));
  assert.equal(await message(config, post({})), "request body doesn't conform to schema");
  assert.equal(
    await message({ ...config, verbose_response: true }, post({})),
    "body: must have required property 'name'",
  );
  assert.equal(
    await message({ ...config, verbose_response: true }, post('{')),
    'request body is not valid JSON',
  );
});

test('content types', async () => {
  const allowed = async (type: string, more: Config = {}) =>
    (await run(body(NAME, more), post({ name: 'ann' }, type))).status;
  assert.equal(await allowed('application/json'), 200);
  assert.equal(await allowed('application/json; charset=utf-8'), 400);
  assert.equal(
    await allowed('application/json; charset=utf-8', { content_type_parameter_validation: false }),
    200,
  );
  assert.equal(
    await allowed('APPLICATION/JSON;Charset="UTF-8"', {
      allowed_content_types: ['application/json; charset=utf-8'],
    }),
    200,
  );
  assert.equal(await message(body(NAME), post('x', 'text/plain')), 'specified Content-Type is not allowed');
  const open = body(NAME, { allowed_content_types: ['text/*', 'application/json'] });
  assert.equal((await run(open, post('not looked into', 'text/plain'))).status, 200);
  assert.equal((await run(body(NAME), { method: 'GET' })).status, 200);
  assert.equal((await run(body(NAME), { method: 'POST' })).status, 400);
});

const parameter = (more: Config): Config => ({
  version: 'draft7',
  parameter_schema: [{ required: false, ...more }],
});

test('parameters: query, header, path', async () => {
  const page = parameter({
    in: 'query',
    name: 'page',
    required: true,
    schema: '{"type":"integer","minimum":1}',
  });
  const asks = async (config: Config, request: TestRequest) => (await run(config, request)).status;
  assert.equal(await asks(page, { path: '/?page=2' }), 200);
  for (const wrong of ['/?page=0', '/?page=x', '/?page=1.5', '/?page=1&page=2', '/?page=', '/'])
    assert.equal(await asks(page, { path: wrong }), 400, wrong);
  assert.equal(await message(page, { path: '/' }), "request param doesn't conform to schema");
  assert.equal(
    await message({ ...page, verbose_response: true }, { path: '/' }),
    "query 'page' validation failed, required parameter missing",
  );
  assert.equal(
    await message({ ...page, verbose_response: true }, { path: '/?page=0' }),
    "query 'page' validation failed, must be >= 1",
  );
  const header = parameter({
    in: 'header',
    name: 'X-Ids',
    schema: '{"type":"array","items":{"type":"integer"},"maxItems":2}',
  });
  assert.equal(await asks(header, { headers: { 'x-ids': '1, 2' } }), 200);
  assert.equal(await asks(header, { headers: { 'x-ids': '1,2,3' } }), 400);
  assert.equal(await asks(header, {}), 200);
  const path = parameter({
    in: 'path',
    name: 'id',
    required: true,
    schema: '{"type":"string","format":"uuid"}',
  });
  assert.equal(await asks(path, { captures: { id: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d' } }), 200);
  assert.equal(await asks(path, { captures: { id: 'x' } }), 400);
  assert.equal(await asks(path, {}), 400);
  const list = (explode: boolean, style?: string) =>
    parameter({
      in: 'query',
      name: 'a',
      explode,
      ...(style === undefined ? {} : { style }),
      schema: '{"type":"array","minItems":2}',
    });
  assert.equal(await asks(list(true), { path: '/?a=1&a=2' }), 200);
  assert.equal(await asks(list(true), { path: '/?a=1,2' }), 400);
  assert.equal(await asks(list(false), { path: '/?a=1,2' }), 200);
  assert.equal(await asks(list(false, 'pipeDelimited'), { path: '/?a=1|2' }), 200);
});

test('the languages', async () => {
  const fields = [
    { name: { type: 'string', required: true, len_max: 3 } },
    { tags: { type: 'set', elements: { type: 'string', one_of: ['a', 'b'] } } },
    { at: { type: 'record', fields: [{ x: { type: 'number', between: [0, 1] } }] } },
  ];
  const kong = { body_schema: JSON.stringify(fields) };
  assert.equal(await status(kong, { name: 'ann', tags: ['a', 'b'], at: { x: 0.5 } }), 200);
  for (const wrong of [
    {},
    { name: 'anna' },
    { name: 'a', z: 1 },
    { name: 'a', tags: ['c'] },
    { name: 'a', tags: ['a', 'a'] },
    { name: 'a', at: { x: 2 } },
  ])
    assert.equal(await status(kong, wrong), 400, JSON.stringify(wrong));
  const draft4 = body(
    { id: 'x', properties: { n: { minimum: 1, exclusiveMinimum: true } } },
    { version: 'draft4' },
  );
  assert.deepEqual([await status(draft4, { n: 2 }), await status(draft4, { n: 1 })], [200, 400]);
  const draft6 = body(
    { $schema: 'http://json-schema.org/draft-06/schema#', properties: { n: { const: 1 } } },
    { version: 'draft6' },
  );
  assert.deepEqual([await status(draft6, { n: 1 }), await status(draft6, { n: 2 })], [200, 400]);
  for (const version of ['draft201909', 'draft202012']) {
    const config = body(
      { properties: { a: { type: 'integer' } }, unevaluatedProperties: false },
      { version },
    );
    assert.deepEqual([await status(config, { a: 1 }), await status(config, { b: 1 })], [200, 400], version);
  }
});

test('what hostile bodies cost has a bound, and is never a failure of ours', async () => {
  assert.equal(await status(body({ pattern: '^(a+)+$' }), JSON.stringify(`${'a'.repeat(50_000)}b`)), 400);
  assert.equal(await status(body({ format: 'email' }), JSON.stringify('a@'.repeat(100_000))), 400);
  const many = Array.from({ length: 60_000 }, (_, at) => ({ at }));
  assert.equal(await status(body({ type: 'array', uniqueItems: true }), many), 200);
  assert.equal(
    await status(body({ type: 'array', uniqueItems: true }), [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]),
    400,
  );
  const recursive = {
    $ref: '#/definitions/node',
    definitions: { node: { type: 'array', items: { $ref: '#/definitions/node' } } },
  };
  assert.equal(await status(body(recursive), '[[[]]]'), 200);
  assert.equal(await status(body(recursive), `${'['.repeat(100_000)}${']'.repeat(100_000)}`), 400);
  assert.equal(await status(body({ type: 'object', required: ['a'] }), '{"__proto__":{"a":1}}'), 400);
  const long = await run(body({}), post(`"${'x'.repeat(1024 * 1024)}"`));
  assert.deepEqual([long.status, long.exit?.message], [413, 'Request body is too large to be validated']);
});

test('what is wrong with a configuration', () => {
  const refused = (config: Config, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin, config), reason);
  refused({}, /'config\.body_schema', 'config\.parameter_schema'/);
  refused({ body_schema: '{' }, /failed decoding schema/);
  refused(body({ type: 'nothing' }), /type/);
  refused(body({ $ref: 'http://elsewhere.example/schema' }), /can't resolve reference/);
  refused(body({ pattern: '(?=a)' }), /is not a valid regex/);
  refused({ body_schema: '{}' }, /a schema of version kong is a list of fields/);
  refused({ body_schema: '[{"a":{"type":"string","match":"%d"}}]' }, /a: match is not available/);
});
