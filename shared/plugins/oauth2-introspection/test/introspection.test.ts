/** oauth2-introspection: what is asked, what answers mean, what the upstream is told. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createPluginHarness, type TestRequest } from '../../testkit.ts';
import introspection from '../index.ts';
import schema from '../schema.ts';
import { startAuthorizationServer } from './authorization-server.ts';

const NOW = Date.UTC(2026, 0, 1);
const consumers = [
  { username: 'ann', custom_id: 'client-1' },
  { username: 'guest', custom_id: null },
];

async function start(t: TestContext, config: object = {}) {
  const server = await startAuthorizationServer(t);
  const harness = createPluginHarness(
    introspection,
    { introspection_url: server.url, authorization_value: 'Basic Z2F0ZTp3YXk=', ...config },
    { consumers, now: NOW },
  );
  t.after(() => harness.close());
  return { server, harness };
}
const bearer = (token: string, headers: object = {}): TestRequest => ({
  headers: { Authorization: `Bearer ${token}`, ...headers },
});
const MISSING = '{"error":"invalid_request","error_description":"The access token is missing"}';
const INVALID = '{"error":"invalid_token","error_description":"The access token is invalid or has expired"}';

test('is Kong’s: name, priority, scope, protocols, defaults', () => {
  assert.equal(introspection.priority, 1700);
  assert.deepEqual(schema.noScope, ['consumer']);
  const given = { introspection_url: 'https://as.test/introspect', authorization_value: 'Basic x' };
  const { config } = createPluginHarness(introspection, given);
  assert.equal(config['ttl'], 30);
  assert.equal(config['timeout'], 10_000);
  assert.equal(config['keepalive'], 60_000);
  assert.equal(config['consumer_by'], 'username');
  assert.equal(config['run_on_preflight'], true);
  assert.throws(() => createPluginHarness(introspection), /introspection_url: required field missing/);
  for (const introspection_url of ['as.test', 'ftp://as.test/', 'http://', 'file:///etc/passwd'])
    assert.throws(() => createPluginHarness(introspection, { ...given, introspection_url }), /url|value/);
  for (const authorization_value of ['a\r\nb', 'a\u0000'])
    assert.throws(
      () => createPluginHarness(introspection, { ...given, authorization_value }),
      /header value/,
    );
  assert.throws(
    () => createPluginHarness(introspection, { ...given, custom_claims_forward: ['Identifier'] }),
    /invalid value/,
  );
});

test('an active token: the question, the consumer, the headers', async (t) => {
  const { server, harness } = await start(t, {
    token_type_hint: 'access_token',
    custom_introspection_headers: { 'X-Tenant': 'a' },
    custom_claims_forward: ['roles', 'constructor'],
  });
  const exp = NOW / 1000 + 60;
  server.tokens.set('t/1+', {
    username: 'ann',
    client_id: 'client-1',
    scope: 'read write',
    exp,
    roles: ['a', 'ü'],
  });
  const forged = {
    'X-Credential-Scope': 'admin',
    X_Credential_Sub: 'root',
    'X-Credential-Roles': 'root',
    'X-Consumer-ID': 'root',
  };
  const result = await harness.run(bearer('t/1+', forged));
  assert.equal(result.status, 200, result.body);
  assert.equal(result.consumer?.username, 'ann');
  const sent = result.upstream!.headers;
  assert.equal(sent['x-consumer-username'], 'ann');
  assert.equal(sent['x-credential-identifier'], 'ann');
  assert.equal(sent['x-credential-scope'], 'read write');
  assert.equal(sent['x-credential-client-id'], 'client-1');
  assert.equal(sent['x-credential-exp'], String(exp));
  assert.equal(Buffer.from(String(sent['x-credential-roles']), 'latin1').toString(), '["a","ü"]');
  assert.equal(sent['x-credential-constructor'], undefined);
  assert.equal(sent['x_credential_sub'], undefined);
  assert.equal(sent['authorization'], 'Bearer t/1+');
  const asked = server.asked[0]!;
  assert.equal(asked.method, 'POST');
  assert.equal(asked.body, 'token=t%2F1%2B&token_type_hint=access_token');
  assert.equal(asked.headers['authorization'], 'Basic Z2F0ZTp3YXk=');
  assert.equal(asked.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(asked.headers['x-tenant'], 'a');
});

test('consumer_by, and tokens of nobody here', async (t) => {
  const { server, harness } = await start(t);
  server.tokens.set('other', { username: 'somebody', client_id: 'client-1' });
  server.tokens.set('id', { username: harness.consumers[0]!.id });
  server.tokens.set('odd', { username: 5, client_id: ['x'] });
  for (const token of ['other', 'id', 'odd']) {
    const result = await harness.run(bearer(token));
    assert.equal(result.status, 200);
    assert.equal(result.consumer, undefined, token);
    assert.ok(result.credential);
  }
  const by = await start(t, { consumer_by: 'client_id' });
  by.server.tokens.set('t', { username: 'guest', client_id: 'client-1' });
  assert.equal((await by.harness.run(bearer('t'))).consumer?.username, 'ann');
});

test('no token, an inactive one, two, and what is no token', async (t) => {
  const { server, harness } = await start(t, { realm: 'r' });
  const cases: [string, TestRequest][] = [
    [MISSING, {}],
    [MISSING, { headers: { Authorization: 'Basic eDp5' } }],
    [MISSING, { path: '/?access_token=' }],
    [INVALID, bearer('unknown')],
    [INVALID, { path: '/?access_token=unknown' }],
    [INVALID, bearer('a b')],
    [INVALID, { path: '/?access_token=%00%0d%0a' }],
    [INVALID, { path: '/?access_token=%F0%9F%98%80' }],
    [INVALID, bearer('x'.repeat(9000))],
  ];
  for (const [body, request] of cases) {
    const result = await harness.run(request);
    assert.equal(result.status, 401);
    assert.equal(result.body, body, JSON.stringify(request).slice(0, 100));
    assert.equal(result.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(
      result.headers['www-authenticate'],
      body === MISSING
        ? 'Bearer realm="r"'
        : 'Bearer realm="r", error="invalid_token", error_description="The access token is invalid or has expired"',
    );
  }
  for (const request of [
    { path: '/?access_token=a&access_token=b' },
    { path: '/?access_token=a', headers: { Authorization: 'Bearer a' } },
  ]) {
    const result = await harness.run(request);
    assert.equal(result.status, 401);
    assert.match(result.body, /more than once/);
  }
  assert.equal(server.asked.length, 1, 'the same token is asked for once, what is no token never');
});

test('hide_credentials: header, query, body', async (t) => {
  const { server, harness } = await start(t, { hide_credentials: true });
  server.tokens.set('t', { username: 'ann' });
  assert.equal((await harness.run(bearer('t'))).upstream!.headers['authorization'], undefined);
  assert.equal((await harness.run({ path: '/?a=1&access_token=t' })).upstream!.query, 'a=1');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = await harness.run({ method: 'POST', headers: form, body: 'a=1&access_token=t' });
  assert.equal(body.upstream!.body, 'a=1');
  assert.equal((await harness.run({ method: 'POST', headers: form, body: 'a=1' })).body, MISSING);
  const json = await harness.run({
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"access_token":"t"}',
  });
  assert.equal(json.body, MISSING, 'only forms (RFC 6750 section 2.2)');
});

test('introspect_request: the question is about the request as well', async (t) => {
  const { server, harness } = await start(t, { introspect_request: true });
  server.tokens.set('t', { username: 'ann' });
  for (const request of [
    { path: '/a', method: 'GET' },
    { path: '/a', method: 'POST' },
    { path: '/b', method: 'GET' },
    { path: '/a?x', method: 'GET' },
  ]) {
    assert.equal((await harness.run({ ...bearer('t'), ...request })).status, 200);
  }
  assert.deepEqual(
    server.asked.map(({ headers }) => [headers['x-request-http-method'], headers['x-request-path']]),
    [
      ['GET', '/a'],
      ['POST', '/a'],
      ['GET', '/b'],
    ],
  );
});

test('an endpoint that gives no answer: 503 and nobody passes, or the anonymous consumer', async (t) => {
  const { server, harness } = await start(t, { timeout: 50 });
  const broken: ((response: import('node:http').ServerResponse) => void)[] = [
    (response) => response.writeHead(500).end('{"active":true}'),
    (response) => response.writeHead(401).end('{"active":true}'),
    (response) => response.writeHead(302, { Location: server.url }).end(),
    (response) => response.end('no json'),
  ];
  for (const [index, instead] of broken.entries()) {
    server.instead = instead;
    const result = await harness.run(bearer(`t${index}`));
    assert.equal(result.status, 503);
    assert.match(result.body, /temporarily_unavailable/);
    assert.equal(result.upstream, undefined);
  }
  assert.equal(harness.logs.length, 1, 'a spell of failures is told once');
  assert.ok(!JSON.stringify(harness.logs).includes('Z2F0ZTp3YXk'), 'without secrets');
});

for (const [what, instead] of [
  ['an array', (response) => response.end('[]')],
  ['no active', (response) => response.end('{"username":"ann"}')],
  ['active as text', (response) => response.end('{"active":"true"}')],
  ['too much', (response) => response.end(`{"active":true,"x":"${'x'.repeat(70_000)}"}`)],
  ['nothing in time', () => {}],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{');
      response.destroy();
    },
  ],
  ['a closed connection', (response) => response.destroy()],
] satisfies [string, (response: import('node:http').ServerResponse) => void][]) {
  test(`an endpoint that answers with ${what}`, async (t) => {
    const { server, harness } = await start(t, { timeout: 50 });
    server.instead = instead;
    assert.equal((await harness.run(bearer('t'))).status, 503);
    const anonymous = await start(t, { timeout: 50, anonymous: 'guest' });
    anonymous.server.instead = instead;
    assert.equal((await anonymous.harness.run(bearer('t'))).consumer?.username, 'guest');
  });
}

test('anonymous, and an earlier authentication', async (t) => {
  const { server, harness } = await start(t, { anonymous: 'guest' });
  assert.equal((await harness.run({})).consumer?.username, 'guest');
  assert.equal((await harness.run(bearer('unknown'))).consumer?.username, 'guest');
  const earlier = { consumer: harness.consumers[0]!, credential: { id: 'x', created_at: 0 } };
  assert.equal((await harness.run({ ...bearer('unknown-2'), ...earlier })).credential?.id, 'x');
  assert.equal(server.asked.length, 1);
});

test('run_on_preflight: false', async (t) => {
  const { harness } = await start(t, { run_on_preflight: false });
  const result = await harness.run({ method: 'OPTIONS', headers: { 'X-Credential-Scope': 'admin' } });
  assert.equal(result.status, 200);
  assert.deepEqual({ ...result.upstream!.headers }, {});
  assert.equal((await harness.run({})).status, 401);
});
