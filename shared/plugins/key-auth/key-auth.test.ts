/** key-auth: where keys are found, what refusals look like, what goes upstream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../testkit.ts';
import keyAuth from './index.ts';
import schema, { generateKey } from './schema.ts';

const options: HarnessOptions = {
  consumers: [
    { username: 'ann', custom_id: 'c-1' },
    { username: 'guest', custom_id: null },
  ],
  credentials: {
    keyauth_credentials: [
      { key: 'k-ann', consumer: 'ann' },
      { key: 'short', consumer: 'ann', ttl: 10 },
      { key: 'dated', consumer: 'ann', expires_at: Date.UTC(2026, 0, 1) / 1000 + 5 },
      { key: 'for-ever', consumer: 'ann', ttl: 0 },
    ],
  },
};

const run = (config: Record<string, unknown>, request: TestRequest) =>
  createPluginHarness(keyAuth, config, options).run(request);

test('is Kong’s: name, priority, scope, protocols', () => {
  assert.equal(keyAuth.priority, 1250);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
  assert.equal(schema.entities.keyauth_credentials.adminPath, 'key-auths');
  assert.equal(schema.entities.keyauth_credentials.nestedPath, 'key-auth');
});

test('a valid key in a header authenticates its consumer', async () => {
  const result = await run({}, { headers: { APIKEY: 'k-ann' } });
  assert.equal(result.exit, undefined);
  assert.equal(result.consumer?.username, 'ann');
  const { headers } = result.upstream!;
  assert.equal(headers['x-consumer-id'], result.consumer!.id);
  assert.equal(headers['x-consumer-username'], 'ann');
  assert.equal(headers['x-consumer-custom-id'], 'c-1');
  assert.equal(headers['x-credential-identifier'], result.credential!.id);
  assert.equal(headers['x-anonymous-consumer'], undefined);
  assert.equal(headers['apikey'], 'k-ann', 'not hidden by default');
});

test('no key, an empty key, an unknown key, a repeated key', async () => {
  const cases: [TestRequest, string][] = [
    [{}, 'No API key found in request'],
    [{ headers: { apikey: '' } }, 'No API key found in request'],
    [{ path: '/?apikey=' }, 'No API key found in request'],
    [{ headers: { apikey: 'nope' } }, 'Unauthorized'],
    [{ headers: { apikey: 'K-ANN' } }, 'Unauthorized'],
    [{ headers: { apikey: 'k-ann ' } }, 'Unauthorized'],
    [{ headers: { apikey: ['k-ann', 'k-ann'] } }, 'Duplicate API key found'],
    [{ path: '/?apikey=k-ann&apikey=k-ann' }, 'Duplicate API key found'],
  ];
  for (const [request, message] of cases) {
    const result = await run({}, request);
    assert.equal(result.status, 401, JSON.stringify(request));
    assert.equal(result.exit?.message, message, JSON.stringify(request));
    assert.equal(result.headers['www-authenticate'], 'Key');
    assert.equal(result.upstream, undefined);
    assert.equal(
      result.body,
      `{\n  "message":"${message}",\n  "request_id":"${result.exchange.id}"\n}`,
      'the error template',
    );
  }
});

test('realm', async () => {
  const result = await run({ realm: 'my "api"' }, {});
  assert.equal(result.headers['www-authenticate'], 'Key realm="my \\"api\\""');
  const split = await run({ realm: 'a\r\nX-Evil: 1' }, {});
  assert.equal(split.headers['www-authenticate'], 'Key realm="a  X-Evil: 1"');
});

test('key_names are tried in order, header before query', async () => {
  const config = { key_names: ['first', 'api_key'] };
  assert.equal((await run(config, { headers: { 'Api-Key': 'k-ann' } })).status, 200, 'as in Kong');
  assert.equal((await run(config, { headers: { api_key: 'k-ann' } })).status, 200);
  assert.equal((await run(config, { path: '/?first=k-ann&api_key=nope' })).status, 200);
  assert.equal((await run(config, { path: '/?first=nope&api_key=k-ann' })).status, 401);
  assert.equal((await run(config, { headers: { first: 'nope' }, path: '/?first=k-ann' })).status, 401);
  assert.equal((await run(config, { headers: { apikey: 'k-ann' } })).status, 401);
});

test('key_in_header and key_in_query', async () => {
  assert.equal((await run({ key_in_header: false }, { headers: { apikey: 'k-ann' } })).status, 401);
  assert.equal((await run({ key_in_query: false }, { path: '/?apikey=k-ann' })).status, 401);
  assert.equal((await run({}, { path: '/?apikey=k-ann' })).status, 200);
  assert.equal((await run({}, { path: '/?a=1&apikey=k%2Dann' })).status, 200);
});

const form = 'application/x-www-form-urlencoded; charset=utf-8';
const multipart = 'multipart/form-data; boundary="b-1"';
const part = (name: string, value: string) =>
  `--b-1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

test('key_in_body: urlencoded, JSON, multipart; anything else is empty', async () => {
  const cases: [string, string, number][] = [
    [form, 'a=1&apikey=k%2Dann', 200],
    [form, 'apikey=k-ann&apikey=k-ann', 401],
    ['application/json', '{"apikey":"k-ann","n":1}', 200],
    ['application/json', '{"apikey":["k-ann"]}', 401],
    ['application/json', '{"apikey":5}', 401],
    ['application/json', '["apikey"]', 401],
    ['application/json', '{"apikey":"k-ann"', 401],
    ['application/json', '{"__proto__":{"apikey":"k-ann"}}', 401],
    [multipart, `${part('x', '1')}${part('apikey', 'k-ann')}--b-1--\r\n`, 200],
    [multipart, `${part('x', '--b-1 apikey')}--b-1--\r\n`, 401],
    ['text/plain', 'apikey=k-ann', 401],
    [form, `apikey=k-ann&pad=${'x'.repeat(1024 * 1024)}`, 401],
  ];
  for (const [type, body, status] of cases) {
    const request = { method: 'POST', headers: { 'content-type': type }, body };
    assert.equal((await run({ key_in_body: true }, request)).status, status, body.slice(0, 60));
    assert.equal((await run({}, request)).status, 401, 'off by default');
  }
});

test('hide_credentials takes the key out of header, query and body', async () => {
  const hidden = { hide_credentials: true, key_in_body: true };
  const header = await run(hidden, { headers: { apikey: 'k-ann', other: 'x' }, path: '/?apikey=zzz&b=2' });
  assert.equal(header.upstream!.headers['apikey'], undefined);
  assert.equal(header.upstream!.headers['other'], 'x');
  assert.equal(header.upstream!.query, 'b=2');

  const bodies: [string, string, string][] = [
    [form, 'a=%20&apikey=k-ann&b=+', 'a=%20&b=+'],
    ['application/json', '{"big":12345678901234567890,"apikey":"k-ann"}', '{"big":12345678901234567890}'],
    [
      multipart,
      `${part('x', '1')}${part('apikey', 'k-ann')}${part('y', '2')}--b-1--\r\n`,
      `${part('x', '1')}${part('y', '2')}--b-1--\r\n`,
    ],
  ];
  for (const [type, body, rest] of bodies) {
    const result = await run(hidden, { method: 'POST', headers: { 'content-type': type }, body });
    assert.equal(result.status, 200, type);
    assert.equal(result.upstream!.body, rest);
  }
});

test('only the name that matched is hidden', async () => {
  const config = { hide_credentials: true, key_names: ['a', 'b'] };
  const result = await run(config, { headers: { b: 'other' }, path: '/?a=k-ann' });
  assert.equal(result.upstream!.query, '');
  assert.equal(result.upstream!.headers['b'], 'other');
});

test('anonymous, by username or id, takes over when authentication fails', async () => {
  const harness = createPluginHarness(keyAuth, { anonymous: 'guest' }, options);
  for (const headers of [{}, { apikey: 'nope' }, { apikey: ['a', 'b'] }]) {
    const result = await harness.run({ headers: { ...headers, 'X-Credential-Identifier': 'forged' } });
    assert.equal(result.status, 200);
    assert.equal(result.consumer?.username, 'guest');
    assert.equal(result.credential, undefined);
    const sent = result.upstream!.headers;
    assert.equal(sent['x-anonymous-consumer'], 'true');
    assert.equal(sent['x-consumer-username'], 'guest');
    assert.equal(sent['x-consumer-custom-id'], undefined);
    assert.equal(sent['x-credential-identifier'], undefined);
  }
  assert.equal((await harness.run({ headers: { apikey: 'k-ann' } })).consumer?.username, 'ann');
  const byId = createPluginHarness(
    keyAuth,
    { anonymous: harness.consumers[1]!.id },
    {
      consumers: harness.consumers,
    },
  );
  assert.equal((await byId.run({})).consumer?.username, 'guest');
});

test('an anonymous consumer that does not exist is a 500', async () => {
  const result = await run({ anonymous: 'nobody' }, {});
  assert.equal(result.status, 500);
  assert.equal(result.exit?.message, "anonymous consumer nobody is configured but doesn't exist");
});

test('with anonymous an earlier authentication is enough; without it both must pass', async () => {
  const earlier = {
    consumer: createPluginHarness(keyAuth, {}, options).consumers[1]!,
    credential: { id: 'x', created_at: 0 },
  };
  const either = await run({ anonymous: 'guest' }, earlier);
  assert.equal(either.credential?.id, 'x');
  assert.equal((await run({}, earlier)).status, 401);
});

test('run_on_preflight: false lets OPTIONS pass, without any identity of its own', async () => {
  const request = { method: 'OPTIONS', headers: { X_Consumer_Id: 'forged', 'X-Consumer-Groups': 'admin' } };
  assert.equal((await run({}, request)).status, 401);
  const result = await run({ run_on_preflight: false }, request);
  assert.equal(result.status, 200);
  assert.deepEqual({ ...result.upstream!.headers }, {});
  assert.equal((await run({ run_on_preflight: false }, { method: 'GET' })).status, 401);
});

test('identity headers that the client sent are gone, in every spelling', async () => {
  const forged = {
    'X-Consumer-Custom-ID': 'evil',
    X_Consumer_Username: 'root',
    'x-consumer_id': 'evil',
    'X-Anonymous-Consumer': 'true',
    'X-Authenticated-Scope': 'all',
    X_Authenticated_UserId: 'root',
    'X-Consumer-Groups': 'admin',
    'X-Consumer-Idea': 'kept',
  };
  const sent = (await run({}, { headers: { ...forged, apikey: 'k-ann' } })).upstream!.headers;
  assert.deepEqual(Object.keys(sent).sort(), [
    'apikey',
    'x-consumer-custom-id',
    'x-consumer-id',
    'x-consumer-idea',
    'x-consumer-username',
    'x-credential-identifier',
  ]);
  assert.equal(sent['x-consumer-custom-id'], 'c-1');
});

test('what an earlier plugin derived from its authentication stays', async () => {
  const result = await run(
    {},
    {
      headers: { apikey: 'k-ann', 'X-Authenticated-Scope': 'read', 'X-Consumer-Username': 'earlier' },
      credential: { id: 'x', created_at: 0 },
    },
  );
  assert.equal(result.upstream!.headers['x-authenticated-scope'], 'read');
  assert.equal(result.upstream!.headers['x-consumer-username'], 'ann', 'the last one wins');
});

test('a key is over when its time is: ttl and expires_at', async () => {
  const harness = createPluginHarness(keyAuth, {}, options);
  const status = async (key: string) => (await harness.run({ headers: { apikey: key } })).status;
  assert.deepEqual([await status('short'), await status('dated')], [200, 200]);
  harness.clock.advance(4_999);
  assert.equal(await status('dated'), 200);
  harness.clock.advance(1);
  assert.equal(await status('dated'), 401);
  harness.clock.advance(4_999);
  assert.equal(await status('short'), 200);
  harness.clock.advance(1);
  assert.equal(await status('short'), 401);
  assert.equal(await status('for-ever'), 200);
});

test('generated keys are 32 letters and digits, and different', () => {
  const keys = Array.from({ length: 200 }, generateKey);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(keys).size, 200);
  const { transform } = schema.entities.keyauth_credentials;
  assert.equal(transform({ key: 'mine' })['key'], 'mine');
  assert.match(transform({ key: null })['key'] as string, /^[A-Za-z0-9]{32}$/);
});

test('a consumer name that is no header value goes as UTF-8 bytes', async () => {
  const harness = createPluginHarness(
    keyAuth,
    {},
    {
      consumers: [{ username: 'Jürgen ✓\n' }],
      credentials: { keyauth_credentials: [{ key: 'k', consumer: 'Jürgen ✓\n' }] },
    },
  );
  const result = await harness.run({ headers: { apikey: 'k' } });
  const bytes = Buffer.from(result.upstream!.headers['x-consumer-username'] as string, 'latin1');
  assert.equal(bytes.toString('utf8'), 'Jürgen ✓ ');
});
