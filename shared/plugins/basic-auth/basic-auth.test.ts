/** basic-auth: what counts as credentials, what is stored, what goes upstream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../testkit.ts';
import basicAuth from './index.ts';
import schema, { passwordDigest } from './schema.ts';

const ANN = '0a5ef1d2-3c0e-4a6c-9a35-2c6d3fe2b1a1';
const row = (username: string, password: string) =>
  schema.entities.basicauth_credentials.transform({ username, password, consumer: { id: ANN } });
const options: HarnessOptions = {
  consumers: [{ id: ANN, username: 'ann', custom_id: 'c-1' }, { username: 'guest' }],
  credentials: {
    basicauth_credentials: [
      { ...row('Aladdin', 'open sesame'), consumer: 'ann' },
      { ...row('jürgen', 'ünter:dem:doppelpunkt'), consumer: 'ann' },
      { username: 'broken', password: 'not a digest', consumer: 'ann' },
      { username: 'orphan', password: passwordDigest('x', 'gone').toString('hex'), consumer: 'gone' },
    ],
  },
};

const run = (config: Record<string, unknown>, request: TestRequest) =>
  createPluginHarness(basicAuth, config, options).run(request);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const basic = (text: string) => ({ headers: { Authorization: `Basic ${base64(text)}` } });

test('is Kong’s: name, priority, scope, protocols', () => {
  assert.equal(basicAuth.priority, 1100);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
});

test('passwords are stored as SHA-1 of password and consumer id, in hex', () => {
  // printf 'open sesame0a5ef1d2-3c0e-4a6c-9a35-2c6d3fe2b1a1' | sha1sum
  assert.equal(row('u', 'open sesame')['password'], '757d71851d5516478e68e233f26341e8d675727d');
  const stored = { username: 'u', password: 'p', consumer: null };
  assert.equal(schema.entities.basicauth_credentials.transform(stored), stored, 'without an owner: as it is');
});

test('the example of RFC 7617: Aladdin, open sesame', async () => {
  const result = await run({}, { headers: { Authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' } });
  assert.equal(result.status, 200);
  assert.equal(result.consumer?.username, 'ann');
  const { headers } = result.upstream!;
  assert.equal(headers['x-consumer-id'], ANN);
  assert.equal(headers['x-consumer-username'], 'ann');
  assert.equal(headers['x-consumer-custom-id'], 'c-1');
  assert.equal(headers['x-credential-identifier'], 'Aladdin');
  assert.ok(headers['authorization'], 'not hidden by default');
});

test('names and passwords in UTF-8; the first colon ends the name; the scheme in any case', async () => {
  assert.equal((await run({}, basic('jürgen:ünter:dem:doppelpunkt'))).status, 200);
  assert.equal((await run({}, basic('jürgen:ünter'))).status, 401);
  for (const scheme of ['basic', 'BASIC', 'Basic ']) {
    const headers = { Authorization: `${scheme} ${base64('Aladdin:open sesame')}` };
    assert.equal((await run({}, { headers })).status, 200, scheme);
  }
});

test('everything else is 401 Unauthorized with the challenge, never a 500', async () => {
  const good = base64('Aladdin:open sesame');
  const values = [
    'Basic',
    'Basic ',
    `Basic${good}`,
    `Bearer ${good}`,
    `Basic ${good} x`,
    `Basic ${good},Basic ${good}`,
    `Basic ${good.replace('=', '')}==`,
    `Basic *${good}`,
    `Basic ${base64('Aladdin')}`,
    `Basic ${base64(':open sesame')}`,
    `Basic ${base64('Aladdin:')}`,
    `Basic ${base64('Aladdin:open sesame ')}`,
    `Basic ${base64('aladdin:open sesame')}`,
    `Basic ${base64('nobody:open sesame')}`,
    `Basic ${base64('broken:not a digest')}`,
    `Basic ${base64('__proto__:x')}`,
    `Basic ${base64(`Aladdin:${passwordDigest('open sesame', ANN).toString('hex')}`)}`,
    `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0x78]).toString('base64')}`,
    `Basic ${'A'.repeat(20_000)}`,
  ];
  for (const Authorization of values) {
    const result = await run({}, { headers: { Authorization } });
    assert.equal(result.status, 401, Authorization.slice(0, 80));
    assert.equal(result.exit!.message, 'Unauthorized');
    assert.equal(result.headers['www-authenticate'], 'Basic realm="service"');
    assert.equal(result.upstream, undefined);
  }
  assert.equal((await run({}, {})).status, 401);
  const realm = await run({ realm: 'a "b"' }, {});
  assert.equal(realm.headers['www-authenticate'], 'Basic realm="a \\"b\\""');
});

test('Proxy-Authorization first; hide_credentials removes what was looked at', async () => {
  const good = `Basic ${base64('Aladdin:open sesame')}`;
  const other = `Basic ${base64('nobody:x')}`;
  const both = async (proxy: string, direct: string) => {
    const headers = { 'Proxy-Authorization': proxy, Authorization: direct };
    const result = await run({ hide_credentials: true }, { headers });
    return result.upstream && { ...result.upstream.headers };
  };
  const first = await both(good, other);
  assert.equal(first!['proxy-authorization'], undefined);
  assert.equal(first!['authorization'], other, 'not looked at');
  const second = await both(other, good);
  assert.equal(second!['authorization'], undefined);
  assert.equal(second!['proxy-authorization'], undefined);
  const wrong = `Basic ${base64('Aladdin:wrong')}`;
  assert.equal(await both(wrong, good), undefined, 'a known user decides');
});

test('anonymous', async () => {
  const harness = createPluginHarness(basicAuth, { anonymous: 'guest' }, options);
  const result = await harness.run({
    headers: { Authorization: 'Basic x', 'X-Credential-Identifier': 'root' },
  });
  assert.equal(result.consumer?.username, 'guest');
  assert.equal(result.credential, undefined);
  assert.equal(result.upstream!.headers['x-anonymous-consumer'], 'true');
  assert.equal(result.upstream!.headers['x-credential-identifier'], undefined);
  const earlier = await harness.run({
    consumer: harness.consumers[0]!,
    credential: { id: 'x', created_at: 0 },
  });
  assert.equal(earlier.credential?.id, 'x', 'one authentication is enough');
  assert.equal((await run({ anonymous: 'nobody' }, {})).status, 500);
});

test('a row whose consumer is gone authenticates without one', async () => {
  const result = await run({}, basic('orphan:x'));
  assert.equal(result.status, 200);
  assert.equal(result.consumer, undefined);
  assert.equal(result.upstream!.headers['x-credential-identifier'], 'orphan');
});
