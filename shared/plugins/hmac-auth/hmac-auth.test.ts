/** hmac-auth: what is signed, what a refusal says, what cannot be changed on the way. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { parseHttpDate } from '../http-date.ts';
import { createPluginHarness, type HarnessOptions, type TestRequest } from '../testkit.ts';
import hmacAuth from './index.ts';
import schema, { ALGORITHMS } from './schema.ts';

const NOW = Date.UTC(2017, 5, 22, 17, 15, 21);
const DATE = 'Thu, 22 Jun 2017 17:15:21 GMT';
const options: HarnessOptions = {
  now: NOW,
  consumers: [{ username: 'ann' }, { username: 'guest' }],
  credentials: {
    hmacauth_credentials: [
      { username: 'alice123', secret: 'secret', consumer: 'ann' },
      { username: 'jürgen', secret: 'geheim', consumer: 'ann' },
      { username: 'empty', secret: '', consumer: 'ann' },
    ],
  },
};
const run = (config: Record<string, unknown>, request: TestRequest) =>
  createPluginHarness(hmacAuth, config, options).run(request);

interface Signing {
  readonly text: string;
  readonly headers: string;
  readonly username?: string;
  readonly algorithm?: string;
  readonly secret?: string;
}
function authorization({
  text,
  headers,
  username = 'alice123',
  algorithm = 'hmac-sha256',
  secret = 'secret',
}: Signing) {
  const hash = algorithm.replace('hmac-', '');
  const signature = createHmac(hash, secret).update(text, 'latin1').digest('base64');
  return `hmac username="${username}", algorithm="${algorithm}", headers="${headers}", signature="${signature}"`;
}
const signedDate = (more: Partial<Signing> = {}) =>
  authorization({ text: `date: ${DATE}`, headers: 'date', ...more });

test('is Kong’s: name, priority, scope, protocols, defaults', () => {
  assert.equal(hmacAuth.priority, 1030);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.deepEqual(schema.protocols, ['grpc', 'grpcs', 'http', 'https']);
  const { config } = createPluginHarness(hmacAuth);
  assert.equal(config['clock_skew'], 300);
  assert.deepEqual(config['algorithms'], ALGORITHMS);
  assert.throws(() => createPluginHarness(hmacAuth, { clock_skew: 0 }), /greater than 0/);
});

test('the example of Kong’s documentation', async () => {
  // hmac username="alice123", secret "secret", over "date: Thu, 22 Jun 2017 17:15:21 GMT\nGET /requests HTTP/1.1"
  const result = await run(
    {},
    {
      path: '/requests',
      headers: {
        Date: DATE,
        Authorization:
          'hmac username="alice123", algorithm="hmac-sha256", headers="date request-line", signature="ujWCGHeec9Xd6UD2zlyxiNMCiXnDOWeVFMu5VeRUxtw="',
      },
    },
  );
  assert.equal(result.status, 200, result.body);
  assert.equal(result.consumer?.username, 'ann');
  assert.equal(result.upstream!.headers['x-credential-identifier'], 'alice123');
  assert.ok(result.upstream!.headers['authorization']);
});

test('HMAC itself: the test cases of RFC 4231 and RFC 2202', async () => {
  const text = 'what do ya want for nothing?';
  const digests: Readonly<Record<string, string>> = {
    'hmac-sha1': 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    'hmac-sha256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'hmac-sha384':
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    'hmac-sha512':
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  };
  for (const [algorithm, hex] of Object.entries(digests)) {
    assert.equal(createHmac(algorithm.slice(5), 'Jefe').update(text).digest('hex'), hex);
    // The plugin agrees with these on the same octets under every algorithm.
    assert.equal(
      (await run({}, { headers: { Date: DATE, Authorization: signedDate({ algorithm }) } })).status,
      200,
    );
    const only = { algorithms: ALGORITHMS.filter((name) => name !== algorithm) };
    const refused = await run(only, { headers: { Date: DATE, Authorization: signedDate({ algorithm }) } });
    assert.equal(refused.exit!.message, 'HMAC signature cannot be verified');
  }
});

test('every line of the signing string', async () => {
  const headers = 'X-Date host x-many absent @request-target request-line';
  const text = [
    `X-Date: ${DATE}`,
    'host: api.test',
    'x-many: one, two',
    'absent:',
    '@request-target: post /a/b?x=%201&y',
    'POST /a/b?x=%201&y HTTP/1.1',
  ].join('\n');
  const request: TestRequest = {
    method: 'POST',
    path: '/a/b?x=%201&y',
    headers: [
      ['x-date', DATE],
      ['Host', 'api.test'],
      ['X-Many', 'one'],
      ['X-Many', 'two'],
      ['request-line', 'GET / HTTP/1.1'],
      ['Authorization', authorization({ text, headers })],
    ],
  };
  assert.equal((await run({}, request)).status, 200);
  assert.equal((await run({}, { ...request, method: 'PUT' })).exit!.message, 'HMAC signature does not match');
  assert.equal((await run({}, { ...request, path: '/a/b?x=%201&z' })).status, 401);
  const whole = await run(
    {},
    {
      path: 'http://api.test/a?b',
      headers: {
        Date: DATE,
        Authorization: authorization({ text: '@request-target: get /a?b', headers: '@request-target' }),
      },
    },
  );
  assert.equal(whole.status, 200, 'an absolute-form target');
});

test('refusals: what they say', async () => {
  const cases: [string, TestRequest['headers']][] = [
    ['Unauthorized', {}],
    ['Unauthorized', { Date: DATE }],
  ];
  const unverifiable = [
    'hmac',
    'hmac ',
    'Basic dTpw',
    signedDate().replace('hmac username', 'hmacusername'),
    signedDate().replace('username="alice123", ', ''),
    signedDate().replace(/, signature=.*/, ''),
    signedDate().replace('headers="date"', 'headers=""'),
    signedDate().replace('headers="date"', `headers="${'date '.repeat(65)}"`),
    signedDate().replace(/signature="/, 'signature="*'),
    `${signedDate()}, username="bob"`,
    `${signedDate()} x`,
    signedDate({ username: 'nobody' }),
    signedDate({ username: '__proto__' }),
    signedDate({ username: 'empty', secret: '' }),
    signedDate().replace('hmac-sha256', 'hmac-md5'),
    signedDate().replace('hmac-sha256', 'HMAC-SHA256'),
    signedDate().replace('hmac-sha256', 'constructor'),
    'hmac ' + 'a'.repeat(20_000),
    'hmac ' + 'a="b",'.repeat(5000),
  ];
  for (const Authorization of unverifiable) {
    cases.push(['HMAC signature cannot be verified', { Date: DATE, Authorization }]);
  }
  const mismatch = [
    signedDate({ secret: 'other' }),
    signedDate({ text: `date: ${DATE} ` }),
    signedDate().replace(/signature="[^"]*"/, 'signature="AAAA"'),
    signedDate({ algorithm: 'hmac-sha1' }).replace('hmac-sha1', 'hmac-sha512'),
  ];
  for (const Authorization of mismatch) {
    cases.push(['HMAC signature does not match', { Date: DATE, Authorization }]);
  }
  for (const [message, headers] of cases) {
    const result = await run({}, { headers: headers! });
    assert.equal(result.status, 401);
    assert.equal(result.exit!.message, message, JSON.stringify(headers).slice(0, 200));
    assert.equal(result.headers['www-authenticate'], 'hmac');
    assert.equal(result.upstream, undefined);
  }
  assert.equal((await run({ realm: 'x' }, {})).headers['www-authenticate'], 'hmac realm="x"');
});

test('the date: Date or X-Date, one of each, within the skew', async () => {
  const at = async (headers: TestRequest['headers'], config = {}) => {
    const list = Array.isArray(headers) ? headers : Object.entries(headers as object);
    const text = '@request-target: get /';
    const result = await run(config, {
      headers: [...list, ['Authorization', authorization({ text, headers: '@request-target' })]],
    });
    return result.exit?.message ?? 'passed';
  };
  const late =
    'HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication';
  const away = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();
  assert.equal(await at({ Date: away(300) }), 'passed');
  assert.equal(await at({ Date: away(-300) }), 'passed');
  assert.equal(await at({ Date: away(301) }), late);
  assert.equal(await at({ Date: away(-301) }), late);
  assert.equal(await at({ 'X-Date': away(0), Date: away(1000) }), 'passed');
  assert.equal(await at({ 'X-Date': away(1000), Date: away(0) }), 'passed');
  assert.equal(await at({}), late);
  for (const date of [
    '',
    'now',
    '2017-06-22T17:15:21Z',
    String(NOW),
    'Thu, 22 Jun 2017 17:15:21',
    `${DATE} `,
  ]) {
    assert.equal(await at({ Date: date }), late, date);
  }
  assert.equal(
    await at([
      ['Date', away(0)],
      ['Date', away(1000)],
    ]),
    late,
  );
  assert.equal(await at({ Date: away(2) }, { clock_skew: 1.5 }), late);
  assert.equal(await at({ Date: away(1) }, { clock_skew: 1.5 }), 'passed');
});

test('enforce_headers, in any case', async () => {
  const config = { enforce_headers: ['Date', '@request-target'] };
  const text = `date: ${DATE}\n@request-target: get /x`;
  const both = authorization({ text, headers: 'date @request-target' });
  assert.equal((await run(config, { path: '/x', headers: { Date: DATE, Authorization: both } })).status, 200);
  const one = await run(config, { path: '/x', headers: { Date: DATE, Authorization: signedDate() } });
  assert.equal(one.exit!.message, 'HMAC signature cannot be verified');
});

test('validate_request_body: the digest is that of the body, and only an empty body needs none', async () => {
  const config = { validate_request_body: true };
  const ask = (body: string | Buffer, Digest?: string | string[]) =>
    run(config, {
      method: 'POST',
      headers: { Date: DATE, Authorization: signedDate(), ...(Digest !== undefined && { Digest }) },
      body,
    });
  const digest = (body: string) => `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
  const passed = await ask('a body', digest('a body'));
  assert.equal(passed.status, 200);
  assert.equal(passed.upstream!.body, 'a body');
  assert.equal((await ask('')).status, 200);
  assert.equal((await ask('', digest(''))).status, 200);
  const wrong = [
    undefined,
    '',
    digest('other'),
    digest('a body').slice(8),
    `${digest('a body')} `,
    `SHA-512=x`,
  ];
  for (const Digest of [...wrong, [digest('a body'), digest('a body')]]) {
    const result = await ask('a body', Digest);
    assert.equal(result.status, 401);
    assert.equal(result.exit!.message, 'HMAC signature does not match', String(Digest));
  }
  assert.equal((await ask('', digest('x'))).status, 401);
  assert.equal((await ask(Buffer.alloc(8 * 1024 * 1024 + 1), digest(''))).status, 413);
  const ignored = await run(
    {},
    { method: 'POST', headers: { Date: DATE, Authorization: signedDate(), Digest: 'x' }, body: 'b' },
  );
  assert.equal(ignored.status, 200, 'off by default');
});

test('Proxy-Authorization first; hide_credentials; names in UTF-8; the scheme in any case', async () => {
  const config = { hide_credentials: true };
  const both = { Date: DATE, 'Proxy-Authorization': signedDate(), Authorization: 'Bearer other' };
  const first = await run(config, { headers: both });
  assert.equal(first.upstream!.headers['authorization'], 'Bearer other');
  assert.equal(first.upstream!.headers['proxy-authorization'], undefined);
  const second = await run(config, {
    headers: { Date: DATE, 'Proxy-Authorization': 'Bearer other', Authorization: signedDate() },
  });
  assert.equal(second.upstream!.headers['authorization'], undefined);
  const octets = Buffer.from('jürgen').toString('latin1');
  const named = await run(
    {},
    {
      headers: { Date: DATE, Authorization: signedDate({ username: octets, secret: 'geheim' }) },
    },
  );
  assert.equal(named.status, 200);
  assert.equal(
    (await run({}, { headers: { Date: DATE, Authorization: signedDate().replace('hmac', 'HMAC') } })).status,
    200,
  );
});

test('anonymous', async () => {
  const harness = createPluginHarness(hmacAuth, { anonymous: 'guest' }, options);
  const result = await harness.run({ headers: { Authorization: 'hmac x', 'X-Consumer-ID': 'root' } });
  assert.equal(result.consumer?.username, 'guest');
  assert.equal(result.upstream!.headers['x-anonymous-consumer'], 'true');
  const earlier = { consumer: harness.consumers[0]!, credential: { id: 'x', created_at: 0 } };
  assert.equal((await harness.run(earlier)).credential?.id, 'x');
});

test('the three forms of a date (RFC 9110 section 5.6.7)', () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const text of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ]) {
    assert.equal(parseHttpDate(text), expected, text);
  }
  for (const text of ['', '1994', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Xyz 1994 08:49:37 GMT']) {
    assert.ok(Number.isNaN(parseHttpDate(text)), text);
  }
});
