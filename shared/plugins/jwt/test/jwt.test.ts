/** jwt: where tokens are found, who they are, what a refusal says, what is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../../testkit.ts';
import { ALGORITHMS } from '../algorithms.ts';
import jwt from '../index.ts';
import schema from '../schema.ts';
import { pemFor, SECRET, signed } from './tokens.ts';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const options: HarnessOptions = {
  consumers: [{ username: 'ann', custom_id: 'c-1' }, { username: 'guest' }],
  credentials: {
    jwt_secrets: [
      { key: 'ann', secret: SECRET, algorithm: 'HS256', consumer: 'ann' },
      { key: 'orphan', secret: SECRET, algorithm: 'HS256', consumer: 'gone' },
      { key: 'no-secret', secret: null, algorithm: 'HS256', consumer: 'ann' },
      ...ALGORITHMS.map((algorithm) => ({
        key: `for-${algorithm}`,
        algorithm,
        consumer: 'ann',
        secret: SECRET,
        rsa_public_key: algorithm.startsWith('HS') ? null : pemFor(algorithm),
      })),
    ],
  },
};
const run = (config: Record<string, unknown>, request: TestRequest) =>
  createPluginHarness(jwt, config, options).run(request);
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const ANN = signed({ iss: 'ann' });

test('is Kong’s: name, priority, scope, protocols, paths', () => {
  assert.equal(jwt.priority, 1450);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
  assert.equal(schema.entities.jwt_secrets.adminPath, 'jwts');
});

test('a valid token authenticates its consumer and goes on as it is', async () => {
  const result = await run({}, { headers: { Authorization: `Bearer ${ANN}`, X_Consumer_Id: 'root' } });
  assert.equal(result.status, 200, result.body);
  assert.equal(result.consumer?.username, 'ann');
  const { headers } = result.upstream!;
  assert.equal(headers['x-consumer-username'], 'ann');
  assert.equal(headers['x-consumer-custom-id'], 'c-1');
  assert.equal(headers['x-credential-identifier'], 'ann');
  assert.equal(headers['x_consumer_id'], undefined);
  assert.equal(headers['authorization'], `Bearer ${ANN}`);
});

for (const algorithm of ALGORITHMS) {
  test(`${algorithm}: its own signatures and no others`, async () => {
    const token = signed({ iss: `for-${algorithm}` }, algorithm);
    assert.equal((await run({}, bearer(token))).status, 200);
    const dot = token.lastIndexOf('.') + 1;
    const bytes = Buffer.from(token.slice(dot), 'base64url');
    bytes[bytes.length - 1]! ^= 1;
    const changed = await run({}, bearer(token.slice(0, dot) + bytes.toString('base64url')));
    assert.equal(changed.body, '{"message":"Invalid signature"}');
    for (const cut of [bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(bytes.length)]) {
      const result = await run({}, bearer(token.slice(0, dot) + cut.toString('base64url')));
      assert.equal(result.body, '{"message":"Invalid signature"}');
    }
    for (const other of ALGORITHMS) {
      if (other === algorithm) continue;
      const mixed = await run({}, bearer(signed({ iss: `for-${algorithm}` }, other)));
      assert.equal(mixed.body, '{"message":"Invalid algorithm"}', other);
    }
  });
}

test('query, cookies, headers; the same token twice is one, two are a refusal', async () => {
  const config = { cookie_names: ['session', 'tok'], header_names: ['authorization', 'x-token'] };
  const accepted: TestRequest[] = [
    { path: `/?jwt=${ANN}` },
    { path: `/?a=1&jwt=${ANN}&jwt=` },
    { headers: { Cookie: `a=b; tok=${ANN}` } },
    { headers: { Cookie: ['a=b', `session=${ANN}; session=`] } },
    { headers: { 'X-Token': `bearer ${ANN}` } },
    { headers: { Authorization: `BEARER   ${ANN} ` } },
    { path: `/?jwt=${ANN}&jwt=${ANN}`, headers: { Cookie: `tok=${ANN}`, Authorization: `Bearer ${ANN}` } },
  ];
  for (const request of accepted) {
    const result = await run(config, request);
    assert.equal(result.status, 200, `${JSON.stringify(request)} -> ${result.body}`);
  }
  const other = signed({ iss: 'ann', n: 1 });
  const several: TestRequest[] = [
    { path: `/?jwt=${ANN}&jwt=${other}` },
    { path: `/?jwt=${ANN}`, headers: { Authorization: `Bearer ${other}` } },
    { headers: { Cookie: `tok=${ANN}; session=${other}` } },
    { headers: { Cookie: `tok=${ANN}`, 'X-Token': `Bearer ${other}` } },
    { headers: { 'X-Token': [`Bearer ${ANN}`, `Bearer ${other}`] } },
  ];
  for (const request of several) {
    const result = await run(config, request);
    assert.equal(result.status, 401);
    assert.equal(result.body, '{"message":"Multiple tokens provided"}');
  }
  const none: TestRequest[] = [
    {},
    { path: '/?jwt=' },
    { headers: { Authorization: ANN } },
    { headers: { Authorization: `Basic ${ANN}` } },
    { headers: { Authorization: 'Bearer' } },
    { headers: { Authorization: 'Bearer ' } },
    { headers: { Authorization: `Bearer${ANN}` } },
    { headers: { Cookie: `other=${ANN}` } },
    { path: `/?token=${ANN}` },
  ];
  for (const request of none) {
    const result = await run(config, request);
    assert.equal(result.status, 401);
    assert.equal(result.body, '{"message":"Unauthorized"}');
  }
});

test('the challenge, with and without a token, with and without a realm', async () => {
  const challenge = async (config: object, request: TestRequest) => {
    const result = await run({ ...config }, request);
    assert.equal(result.headers['content-type'], 'application/json; charset=utf-8');
    return result.headers['www-authenticate'];
  };
  assert.equal(await challenge({}, {}), 'Bearer');
  assert.equal(await challenge({}, bearer('x')), 'Bearer error="invalid_token"');
  assert.equal(await challenge({ realm: 'r' }, {}), 'Bearer realm="r"');
  assert.equal(await challenge({ realm: 'r' }, bearer('x')), 'Bearer realm="r", error="invalid_token"');
});

test('the key claim, in the claims or in the header', async () => {
  const message = async (config: object, token: string) => {
    const result = await run({ ...config }, bearer(token));
    return result.status === 200 ? 'passed' : JSON.parse(result.body).message;
  };
  const kid = { key_claim_name: 'kid' };
  assert.equal(await message(kid, signed({ kid: 'ann' })), 'passed');
  assert.equal(await message(kid, signed({}, 'HS256', { alg: 'HS256', kid: 'ann' })), 'passed');
  assert.equal(await message(kid, signed({ iss: 'ann' })), "No mandatory 'kid' in claims");
  assert.equal(await message({}, signed({})), "No mandatory 'iss' in claims");
  assert.equal(await message({}, signed({ iss: '' })), "Invalid 'iss' in claims");
  for (const iss of [5, true, ['ann'], { a: 1 }]) {
    assert.equal(await message({}, signed({ iss })), "Invalid 'iss' in claims");
  }
  assert.equal(await message({}, signed({ iss: 'bob' })), "No credentials found for given 'iss'");
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(await message({}, signed({ iss: name })), "No credentials found for given 'iss'");
    assert.equal(await message({ key_claim_name: name }, ANN), `No mandatory '${name}' in claims`);
  }
  assert.equal(await message({}, signed({ iss: 'no-secret' })), 'Invalid key/secret');
  assert.equal(await message({}, signed({ iss: 'orphan' })), "Could not find consumer for 'iss=orphan'");
});

test('times: what is there counts, what is listed must be there', async () => {
  const body = async (config: object, claims: object | string) => {
    const result = await run({ ...config }, bearer(signed(claims)));
    return result.status === 200 ? 'passed' : result.body;
  };
  const both = { claims_to_verify: ['exp', 'nbf'] };
  assert.equal(await body({}, { iss: 'ann' }), 'passed');
  assert.equal(await body(both, { iss: 'ann', exp: NOW + 1, nbf: NOW }), 'passed');
  assert.equal(await body(both, { iss: 'ann' }), '{"exp":"must be a number","nbf":"must be a number"}');
  for (const config of [{}, both]) {
    const times = { iss: 'ann', exp: NOW + 60, nbf: NOW - 60 };
    assert.equal(await body(config, { ...times, exp: NOW }), '{"exp":"token expired"}');
    assert.equal(await body(config, { ...times, exp: NOW + 0.001 }), 'passed');
    assert.equal(await body(config, { ...times, nbf: NOW + 1 }), '{"nbf":"token not valid yet"}');
    assert.equal(
      await body(config, { ...times, exp: NOW - 1, nbf: NOW + 1 }),
      '{"exp":"token expired","nbf":"token not valid yet"}',
    );
    for (const exp of ['"9999999999"', '1e400', '-1', 'true', '[]', '{}', '""']) {
      assert.equal(
        await body(config, `{"iss":"ann","nbf":1,"exp":${exp}}`),
        '{"exp":"must be a number"}',
        exp,
      );
    }
  }
});

test('maximum_expiration', async () => {
  const config = { maximum_expiration: 300, claims_to_verify: ['exp'] };
  assert.equal((await run(config, bearer(signed({ iss: 'ann', exp: NOW + 300 })))).status, 200);
  const far = await run(config, bearer(signed({ iss: 'ann', exp: NOW + 301 })));
  assert.equal(far.status, 401);
  assert.equal(far.body, '{"exp":"exceeds maximum allowed expiration"}');
  for (const broken of [{ maximum_expiration: 1 }, { maximum_expiration: 1, claims_to_verify: ['nbf'] }]) {
    assert.throws(
      () => createPluginHarness(jwt, broken),
      /config.claims_to_verify: expected to contain: exp/,
    );
  }
  assert.throws(() => createPluginHarness(jwt, { maximum_expiration: 31_536_001 }), /between 0 and 31536000/);
});

test('secret_is_base64, in both alphabets', async () => {
  const bytes = Buffer.from(SECRET);
  for (const secret of [bytes.toString('base64'), bytes.toString('base64url')]) {
    const harness = createPluginHarness(
      jwt,
      { secret_is_base64: true },
      { ...options, credentials: { jwt_secrets: [{ key: 'ann', secret, consumer: 'ann' }] } },
    );
    assert.equal((await harness.run(bearer(ANN))).status, 200);
  }
  assert.equal((await run({ secret_is_base64: true }, bearer(ANN))).body, '{"message":"Invalid signature"}');
});

test('run_on_preflight: false lets OPTIONS pass without an identity', async () => {
  const request = { method: 'OPTIONS', headers: { 'X-Consumer-Groups': 'admin' } };
  assert.equal((await run({}, request)).status, 401);
  const result = await run({ run_on_preflight: false }, request);
  assert.equal(result.status, 200);
  assert.deepEqual({ ...result.upstream!.headers }, {});
  assert.equal((await run({ run_on_preflight: false }, { method: 'GET' })).status, 401);
});

test('anonymous takes over whatever is wrong, and one authentication is enough', async () => {
  const harness = createPluginHarness(jwt, { anonymous: 'guest' }, options);
  for (const request of [
    {},
    bearer('x'),
    bearer(signed({ iss: 'ann', exp: NOW })),
    { path: '/?jwt=a&jwt=b' },
  ]) {
    const result = await harness.run(request);
    assert.equal(result.consumer?.username, 'guest');
    assert.equal(result.upstream!.headers['x-anonymous-consumer'], 'true');
  }
  const earlier = { consumer: harness.consumers[0]!, credential: { id: 'x', created_at: 0 } };
  assert.equal((await harness.run(earlier)).credential?.id, 'x');
  assert.equal((await run({ anonymous: 'nobody' }, {})).status, 500);
});

test('a remembered token is not verified again, but its times are looked at every time', async () => {
  const harness = createPluginHarness(jwt, {}, options);
  const ask = (token: string) => harness.run(bearer(token));
  const token = signed({ iss: 'ann', exp: NOW + 2, nbf: NOW - 1 });
  assert.equal((await ask(token)).status, 200);
  assert.equal((await ask(token)).status, 200);
  harness.clock.advance(-2000);
  assert.equal((await ask(token)).body, '{"nbf":"token not valid yet"}', 'a clock that is set back');
  harness.clock.advance(2000);
  assert.equal((await ask(token)).status, 200);
  harness.clock.advance(2000);
  for (let i = 0; i < 2; i++) assert.equal((await ask(token)).body, '{"exp":"token expired"}');
});

test('a configuration without the credential, or with another key, knows nothing of what was verified before', async () => {
  const before = createPluginHarness(jwt, {}, options);
  assert.equal((await before.run(bearer(ANN))).status, 200);
  const after = createPluginHarness(jwt, {}, { ...options, credentials: { jwt_secrets: [] } });
  assert.equal((await after.run(bearer(ANN))).status, 401);
  const rotated = createPluginHarness(
    jwt,
    {},
    { ...options, credentials: { jwt_secrets: [{ key: 'ann', secret: 'other', consumer: 'ann' }] } },
  );
  assert.equal((await rotated.run(bearer(ANN))).body, '{"message":"Invalid signature"}');
});

test('what is logged has no secrets and no tokens', async () => {
  const harness = createPluginHarness(
    jwt,
    {},
    { ...options, credentials: { jwt_secrets: [{ key: 'ann', secret: 'short-one', consumer: 'ann' }] } },
  );
  await harness.run(bearer(signed({ iss: 'ann' }, 'HS256', { alg: 'HS256' }, 'short-one')));
  await harness.run(bearer(signed({ iss: 'ann' })));
  assert.equal(harness.logs.length, 1, 'once for a credential');
  assert.match(harness.logs[0]!.message, /short/);
  assert.ok(!JSON.stringify(harness.logs).includes('short-one'));
});
