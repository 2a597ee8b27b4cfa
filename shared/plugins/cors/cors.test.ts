/** cors: origins in every form, preflights, credentials, what is passed on, regular expressions that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type TestUpstream } from '../testkit.ts';
import cors from './index.ts';

type Fields = Record<string, string>;
const ask = async (config: object, headers: Fields = {}, upstream: TestUpstream = {}) =>
  (await createPluginHarness(cors, { ...config }).run({ headers }, upstream)).headers;
const preflight = (config: object, headers: Fields = {}) =>
  createPluginHarness(cors, { ...config }).run({
    method: 'OPTIONS',
    headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'PUT', ...headers },
  });
const allowed = async (origins: string[], origin: string) =>
  (await ask({ origins }, { Origin: origin }))['access-control-allow-origin'];

test('is Kong’s: priority', () => {
  assert.equal(cors.priority, 2000);
});

test('no origins, or `*` alone: everybody, and nothing varies', async () => {
  for (const config of [{}, { origins: ['*'] }, { origins: [] }]) {
    assert.deepEqual(
      { ...(await ask(config, { Origin: 'https://x.example' })) },
      {
        'access-control-allow-origin': '*',
      },
    );
  }
});

test('one plain origin is named whoever asks, and it varies', async () => {
  for (const headers of [{}, { Origin: 'https://other.example' }]) {
    assert.deepEqual(
      { ...(await ask({ origins: ['https://a.example'] }, headers as Fields)) },
      {
        'access-control-allow-origin': 'https://a.example',
        vary: 'Origin',
      },
    );
  }
});

test('several: compared in normal form, echoed in normal form, else removed', async () => {
  const origins = ['https://a.example', 'http://b.example:8080'];
  assert.equal(await allowed(origins, 'https://a.example'), 'https://a.example');
  assert.equal(await allowed(origins, 'https://A.example:443'), 'https://a.example');
  assert.equal(await allowed(origins, 'http://b.example:8080'), 'http://b.example:8080');
  for (const no of [
    'http://a.example',
    'https://a.example:444',
    'https://a.example.evil',
    'null',
    '',
    'x'.repeat(9000),
  ])
    assert.equal(await allowed(origins, no), undefined, no);
  const refused = await ask(
    { origins },
    { Origin: 'https://x' },
    { headers: { 'Access-Control-Allow-Origin': '*' } },
  );
  assert.equal(refused['access-control-allow-origin'], undefined, 'what the upstream says does not stand');
  assert.equal(refused['vary'], 'Origin');
});

test('regular expressions: anchored at both ends; with a colon for the origin, else for the host', async () => {
  assert.equal(await allowed(['(a|b)[.]example'], 'https://b.example:8443'), 'https://b.example:8443');
  assert.equal(await allowed(['(a|b)[.]example'], 'https://b.example.evil'), undefined);
  assert.equal(await allowed(['(a|b)[.]example'], 'https://xb.example'), undefined);
  const whole = ['https?://[a-z]+[.]example(:[0-9]+)?', 'https://plain.test'];
  assert.equal(await allowed(whole, 'http://c.example:81'), 'http://c.example:81');
  assert.equal(await allowed(whole, 'https://plain.test'), 'https://plain.test');
  assert.equal(await allowed(whole, 'ftp://c.example'), undefined);
  // A single expression is compared as well.
  assert.equal(await allowed(['.*[.]example'], 'https://x.test'), undefined);
});

test('an expression on which others would take for ever is quick', async () => {
  assert.equal(await allowed(['(a+)+b', 'x*'], `https://${'a'.repeat(250)}`), undefined);
});

test('`*` among several is everybody', async () => {
  assert.equal(await allowed(['https://a.example', '*'], 'https://z.example'), '*');
});

test('credentials name the origin when all are allowed; without Origin nothing is promised', async () => {
  assert.deepEqual(
    { ...(await ask({ credentials: true }, { Origin: 'https://z.example' })) },
    {
      vary: 'Origin',
      'access-control-allow-origin': 'https://z.example',
      'access-control-allow-credentials': 'true',
    },
  );
  const absent = await ask({ credentials: true });
  assert.equal(absent['access-control-allow-credentials'], undefined);
  const other = await ask(
    { credentials: true, origins: ['https://a.example', 'https://b.example'] },
    { Origin: 'https://c.example' },
  );
  assert.equal(other['access-control-allow-credentials'], undefined);
});

test('Vary is added to that of the upstream, once', async () => {
  const vary = async (value: string) =>
    (await ask({ origins: ['https://a.example'] }, {}, { headers: { Vary: value } }))['vary'];
  assert.deepEqual(await vary('Accept'), ['Accept', 'Origin']);
  assert.equal(await vary('Accept, origin'), 'Accept, origin');
  assert.equal(await vary('*'), '*');
});

test('exposed headers; absent Origin', async () => {
  const config = { exposed_headers: ['X-A', 'X-B'], allow_origin_absent: false };
  assert.deepEqual({ ...(await ask(config)) }, {});
  assert.equal((await ask(config, { Origin: 'https://a' }))['access-control-expose-headers'], 'X-A,X-B');
});

test('a preflight is answered: 200, empty, and no header twice', async () => {
  const { status, body, headers, upstream } = await preflight(
    { max_age: 23, methods: ['GET', 'PUT'], exposed_headers: ['X-A'] },
    { 'Access-Control-Request-Headers': 'x-one, x-two', 'Access-Control-Request-Private-Network': 'true' },
  );
  assert.equal(status, 200);
  assert.equal(body, '');
  assert.equal(upstream, undefined);
  assert.deepEqual(
    { ...headers },
    {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'x-one, x-two',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-max-age': '23',
    },
  );
  const all = await preflight(
    { headers: ['a', 'b'], private_network: true, credentials: true },
    {
      'Access-Control-Request-Headers': 'x',
      'Access-Control-Request-Private-Network': 'true',
    },
  );
  assert.deepEqual(
    { ...all.headers },
    {
      vary: 'Origin',
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'a,b',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
      'access-control-allow-private-network': 'true',
    },
  );
});

test('a preflight of an origin that is not allowed', async () => {
  const { status, headers } = await preflight({ origins: ['https://x.example', 'https://y.example'] });
  assert.equal(status, 200);
  assert.equal(headers['access-control-allow-origin'], undefined);
});

test('preflight_continue: the upstream answers, nothing is added', async () => {
  const { upstream, headers } = await preflight({ preflight_continue: true });
  assert.ok(upstream);
  assert.deepEqual({ ...headers }, {});
});

test('OPTIONS without a requested method is a request like any other', async () => {
  const result = await createPluginHarness(cors, {}).run({
    method: 'OPTIONS',
    headers: { Origin: 'https://a' },
  });
  assert.ok(result.upstream);
  assert.equal(result.headers['access-control-allow-origin'], '*');
});

test('what is wrong with a configuration', () => {
  assert.throws(
    () => createPluginHarness(cors, { origins: ['(a'] }),
    /config\.origins\.0: '\(a' is not a valid regex/,
  );
  assert.throws(() => createPluginHarness(cors, { headers: ['a\nb'] }), /no header value may have/);
  assert.throws(() => createPluginHarness(cors, { methods: ['get'] }), /expected one of: GET, HEAD/);
});
