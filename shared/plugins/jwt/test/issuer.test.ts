/** Tokens of an issuer that publishes its keys: which keys count, when they are fetched, what happens without them. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createPluginHarness } from '../../testkit.ts';
import jwt from '../index.ts';
import { parseKeySet } from '../key-set.ts';
import { RemoteKeys } from '../remote-keys.ts';
import { pairFor, SECRET, signed } from './tokens.ts';

const NOW = Date.UTC(2026, 0, 1);
const ISS = 'https://issuer.test/';
const EXP = NOW / 1000 + 600;
const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), ...more });
const rsa = (kid: string, more: object = {}) => jwk(pairFor('RS256').publicKey, { kid, ...more });
const ec = (kid: string, more: object = {}) => jwk(pairFor('ES256').publicKey, { kid, ...more });
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

test('key sets: public signature keys with a name of their own', () => {
  const keys = parseKeySet(
    bytes({
      keys: [
        rsa('good'),
        ec('use', { use: 'sig', alg: 'ES256', key_ops: ['verify'] }),
        rsa('enc', { use: 'enc' }),
        rsa('ops', { key_ops: ['encrypt'] }),
        rsa('twice'),
        ec('twice'),
        { kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 'symmetric' },
        { kty: 'RSA', kid: 'broken', n: '!', e: 5 },
        rsa('odd', { alg: 5 }),
        jwk(pairFor('RS256').publicKey, {}),
        null,
        'text',
      ],
    }),
  );
  assert.deepEqual([...keys.keys()], ['good', 'use']);
  assert.equal(keys.get('use')!.algorithm, 'ES256');
  for (const wrong of [{}, [], { keys: {} }, { keys: 'x' }, null, 5])
    assert.throws(() => parseKeySet(bytes(wrong)));
  assert.throws(() => parseKeySet(Buffer.from('{"keys":[],"keys":[]}')), /no key set/);
  assert.throws(() => parseKeySet(bytes({ keys: Array(101).fill({}) })), /more than 100 keys/);
});

interface KeyServer {
  readonly uri: string;
  asked: number;
  keys: unknown[];
  instead: ((response: ServerResponse) => void) | undefined;
}

async function startKeyServer(t: TestContext): Promise<KeyServer> {
  const server = createServer((_request, response) => {
    self.asked++;
    if (self.instead !== undefined) self.instead(response);
    else response.end(JSON.stringify({ keys: self.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const self: KeyServer = { uri, asked: 0, keys: [rsa('r1'), ec('e1')], instead: undefined };
  return self;
}

function plugin(t: TestContext, uri: string, issuer: object = {}, config: object = {}) {
  const harness = createPluginHarness(
    jwt,
    { issuer: { iss: ISS, jwks_uri: uri, timeout: 1000, ...issuer }, ...config },
    {
      now: NOW,
      consumers: [{ username: 'ann', custom_id: 'user-1' }, { username: 'guest' }],
      credentials: { jwt_secrets: [{ key: 'other', secret: SECRET, consumer: 'ann' }] },
    },
  );
  t.after(() => harness.close());
  const ask = async (token: string) => {
    const result = await harness.run({ headers: { Authorization: `Bearer ${token}` } });
    return result.status === 200 ? (result.consumer?.username ?? '') : `${result.status} ${result.body}`;
  };
  return { harness, ask };
}

/** Waits, without a clock, until something is so. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('it never came to be');
}

const issued = (
  claims: object = {},
  header: object = { kid: 'r1' },
  algorithm: 'RS256' | 'ES256' | 'PS256' = 'RS256',
) => signed({ iss: ISS, sub: 'user-1', exp: EXP, ...claims }, algorithm, { alg: algorithm, ...header });

test('a token of the issuer needs no credential: its claim names the consumer', async (t) => {
  const server = await startKeyServer(t);
  const { harness, ask } = plugin(t, server.uri);
  await until(async () => (await ask(issued())) === 'ann');
  assert.equal(await ask(issued({}, { kid: 'e1' }, 'ES256')), 'ann');
  const result = await harness.run({ headers: { Authorization: `Bearer ${issued()}` } });
  assert.equal(result.upstream!.headers['x-credential-identifier'], 'user-1');
  assert.equal(server.asked, 1);
  const named = plugin(t, server.uri, { consumer_claim: 'name', consumer_by: 'username' });
  await until(async () => (await named.ask(issued({ name: 'ann' }))) === 'ann');
  const id = named.harness.consumers[0]!.id;
  assert.match(await named.ask(issued({ name: id })), /Could not find consumer/, 'an id is no username');
  assert.equal(await ask(signed({ iss: 'other' })), 'ann', 'credentials go on to count');
});

test('what is wrong with a token of the issuer', async (t) => {
  const server = await startKeyServer(t);
  server.keys.push(rsa('for-ps', { alg: 'PS256' }));
  const { ask } = plugin(t, server.uri, { audiences: ['api', 'web'] });
  const aud = 'api';
  await until(async () => (await ask(issued({ aud }))) === 'ann');
  assert.equal(await ask(issued({ aud: ['x', 'web'] })), 'ann');
  const refused: [RegExp, string][] = [
    [/not for this audience/, issued({})],
    [/not for this audience/, issued({ aud: 'API' })],
    [/not for this audience/, issued({ aud: ['x', 5] })],
    [/"exp":"must be a number"/, issued({ aud, exp: undefined })],
    [/"exp":"token expired"/, issued({ aud, exp: NOW / 1000 })],
    [/Invalid algorithm/, issued({ aud }, { kid: 'r1' }, 'PS256')],
    [/Invalid key\/secret/, issued({ aud }, {})],
    [/Invalid key\/secret/, issued({ aud }, { kid: '' })],
    [/Invalid key\/secret/, issued({ aud }, { kid: ['r1'] })],
    [/Invalid key\/secret/, issued({ aud }, { kid: 'unknown' })],
    [/Invalid key\/secret/, issued({ aud }, { kid: '__proto__' })],
    [/Invalid key\/secret/, issued({ aud }, { kid: 'e1' })],
    [/Invalid key\/secret/, issued({ aud }, { kid: 'for-ps' })],
    [
      /Invalid algorithm/,
      signed({ iss: ISS, sub: 'user-1', exp: EXP, aud }, 'HS256', { alg: 'HS256', kid: 'r1' }),
    ],
    [/Bad token; invalid alg/, `${issued({ aud }, { kid: 'r1', alg: 'none' })}`],
    [/Invalid signature/, `${issued({ aud }).slice(0, -6)}AAAAAA`],
    [/No mandatory 'sub'/, issued({ aud, sub: 5 })],
    [/Could not find consumer for 'sub=user-2'/, issued({ aud, sub: 'user-2' })],
    [/No credentials found/, issued({ aud, iss: `${ISS}x` })],
  ];
  for (const [message, token] of refused) {
    const got = await ask(token);
    assert.match(got, /^401 /);
    assert.match(got, message);
  }
});

test('without a key set nobody passes, and nobody waits', async (t) => {
  const server = await startKeyServer(t);
  for (const instead of [
    (response: ServerResponse) => response.writeHead(500).end('{"keys":[]}'),
    (response: ServerResponse) => response.writeHead(302, { Location: '/' }).end(),
    (response: ServerResponse) => response.end('[]'),
    (response: ServerResponse) => response.end(`{"keys":[],"pad":"${'x'.repeat(300_000)}"}`),
    (response: ServerResponse) => response.destroy(),
  ]) {
    server.instead = instead;
    const { harness, ask } = plugin(t, server.uri);
    assert.equal(await ask(issued()), '503 {"message":"The keys of the issuer are not available"}');
    await until(() => harness.logs.length > 0);
    assert.match(harness.logs[0]!.message, /cannot be fetched/);
    assert.match(await ask(issued()), /^503/);
    assert.equal(await ask(signed({ iss: 'other' })), 'ann');
  }
  const anonymous = plugin(t, server.uri, {}, { anonymous: 'guest' });
  assert.equal(await anonymous.ask(issued()), 'guest');
});

test('a key that the issuer has withdrawn is over, also for tokens that have been verified', async (t) => {
  const server = await startKeyServer(t);
  const { harness, ask } = plugin(t, server.uri);
  await until(async () => (await ask(issued())) === 'ann');
  server.keys = [rsa('r2')];
  harness.clock.advance(30_000);
  assert.match(await ask(issued({}, { kid: 'r2' })), /^401 /, 'not known yet: refused, and looked for');
  await until(async () => (await ask(issued({}, { kid: 'r2' }))) === 'ann');
  assert.match(await ask(issued()), /^401 .*Invalid key/);
  assert.equal(server.asked, 2);
});

test('the address of the keys', () => {
  const make = (jwks_uri: string) => createPluginHarness(jwt, { issuer: { iss: ISS, jwks_uri } }).close();
  for (const uri of [
    'http://issuer.test/jwks',
    'ftp://x/',
    'file:///etc/passwd',
    'nonsense',
    'http://127.0.0.1.evil.test/',
  ])
    assert.throws(() => make(uri), /https url|invalid value/, uri);
  assert.throws(() => createPluginHarness(jwt, { issuer: { iss: ISS } }), /jwks_uri: required field missing/);
});

test('a key that is not known is looked for at most once in 30 seconds, by one question', async (t) => {
  const state = { now: NOW, asked: 0, fail: false };
  const failures: unknown[] = [];
  const good = parseKeySet(bytes({ keys: [rsa('r1')] }));
  const keys = new RemoteKeys({
    intervalMs: 300_000,
    now: () => state.now,
    onFailure: (error) => failures.push(error),
    fetch: async () => {
      state.asked++;
      if (state.fail) throw new Error('down');
      return good;
    },
  });
  t.after(() => keys.close());
  assert.equal(keys.find('r1'), 'unavailable');
  await keys.refresh();
  assert.ok(typeof keys.find('r1') === 'object');
  for (let i = 0; i < 100; i++) keys.find(`unknown-${i}`);
  assert.equal(state.asked, 1);
  state.now += 30_000;
  state.fail = true;
  for (let i = 0; i < 100; i++) keys.find(`unknown-${i}`);
  assert.equal(state.asked, 2);
  await keys.refresh();
  await keys.refresh();
  assert.equal(failures.length, 1, 'a spell is told once');
  assert.ok(typeof keys.find('r1') === 'object', 'the last good set goes on');
  state.now = NOW + 24 * 60 * 60 * 1000 - 1;
  assert.ok(typeof keys.find('r1') === 'object');
  state.now += 1;
  assert.equal(keys.find('r1'), 'unavailable', 'for a day');
});
