/** Tokens that try to be taken for something else: each is a 401, none a 500. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createPluginHarness } from '../../testkit.ts';
import type { Algorithm } from '../algorithms.ts';
import jwt from '../index.ts';
import { parseJsonObject } from '../json-object.ts';
import { base64url, pairFor, pemFor, SECRET, signed } from './tokens.ts';

const harness = createPluginHarness(
  jwt,
  { cookie_names: ['tok'] },
  {
    consumers: [{ username: 'ann' }],
    credentials: {
      jwt_secrets: [
        { key: 'hmac', secret: SECRET, algorithm: 'HS256', consumer: 'ann' },
        { key: 'rsa', rsa_public_key: pemFor('RS256'), algorithm: 'RS256', consumer: 'ann' },
        { key: 'ec', rsa_public_key: pemFor('ES256'), algorithm: 'ES256', consumer: 'ann' },
        { key: 'wrong-curve', rsa_public_key: pemFor('ES384'), algorithm: 'ES256', consumer: 'ann' },
        { key: 'no-key', rsa_public_key: 'no pem', algorithm: 'ES256', consumer: 'ann' },
      ],
    },
  },
);

async function refusal(token: string): Promise<string> {
  const result = await harness.run({ headers: { Authorization: `Bearer ${token}` } });
  assert.equal(result.status, 401, token.slice(0, 200));
  assert.equal(result.upstream, undefined);
  return JSON.parse(result.body).message;
}

const GOOD = signed({ iss: 'hmac' });
const [HEADER, CLAIMS, SIGNATURE] = GOOD.split('.') as [string, string, string];

test('alg none, in every spelling, with and without a signature', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\u0000', '', 'HS256 ', 'hs256']) {
    const header = base64url(JSON.stringify({ alg }));
    for (const signature of ['', SIGNATURE]) {
      assert.equal(await refusal(`${header}.${CLAIMS}.${signature}`), 'Bad token; invalid alg', alg);
    }
  }
  for (const alg of [null, 5, ['HS256'], { toString: 'HS256' }, undefined]) {
    assert.equal(await refusal(signed({ iss: 'hmac' }, 'HS256', { alg })), 'Bad token; invalid alg');
  }
});

test('a public key is no shared secret (key confusion), and no key serves two algorithms', async () => {
  for (const key of [pemFor('RS256'), pemFor('RS256').trim()]) {
    const forged = signed({ iss: 'rsa' }, 'HS256', { alg: 'HS256' }, key);
    assert.equal(await refusal(forged), 'Invalid algorithm');
    const input = `${base64url('{"alg":"RS256"}')}.${base64url('{"iss":"rsa"}')}`;
    const mac = createHmac('sha256', key).update(input).digest('base64url');
    assert.equal(await refusal(`${input}.${mac}`), 'Invalid signature', 'says RS256, is an HMAC');
  }
  for (const algorithm of ['RS512', 'PS256', 'RS384'] as const) {
    assert.equal(await refusal(signed({ iss: 'rsa' }, algorithm)), 'Invalid algorithm');
    const { privateKey } = pairFor('RS256');
    const pretended = signed({ iss: 'rsa' }, algorithm, { alg: 'RS256' }, privateKey);
    assert.equal(await refusal(pretended), 'Invalid signature');
  }
});

test('keys in the token are not looked at', async () => {
  const jwk = pairFor('RS256').publicKey.export({ format: 'jwk' });
  for (const extra of [
    { jwk },
    { jku: 'http://127.0.0.1:1/' },
    { x5u: 'http://127.0.0.1:1/' },
    { kid: '../../x' },
  ]) {
    const token = signed({ iss: 'hmac' }, 'RS256', { alg: 'RS256', ...extra });
    assert.equal(await refusal(token), 'Invalid algorithm');
  }
});

test('crit and b64', async () => {
  for (const extra of [
    { crit: ['exp'] },
    { crit: [] },
    { crit: null },
    { b64: false },
    { crit: ['b64'], b64: true },
  ]) {
    const token = signed({ iss: 'hmac' }, 'HS256', { alg: 'HS256', ...extra });
    assert.equal(await refusal(token), 'Bad token; invalid crit', JSON.stringify(extra));
  }
});

test('segments: exactly three, not empty, base64url in its one spelling', async () => {
  // 32 octets leave two bits of the last character: only one of four spellings is the token.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = alphabet[alphabet.indexOf(SIGNATURE.at(-1)!) + 1];
  const cases: [string, string][] = [
    ['x', 'Bad token; invalid JSON'],
    ['..', 'Bad token; invalid JSON'],
    ['.', 'Bad token; invalid JSON'],
    [`${HEADER}.${CLAIMS}`, 'Bad token; invalid JSON'],
    [`${GOOD}.x`, 'Bad token; invalid JSON'],
    [`${GOOD}.`, 'Bad token; invalid JSON'],
    [`.${CLAIMS}.${SIGNATURE}`, 'Bad token; invalid JSON'],
    [`${HEADER}..${SIGNATURE}`, 'Bad token; invalid JSON'],
    [`${HEADER}=.${CLAIMS}.${SIGNATURE}`, 'Bad token; invalid JSON'],
    [`${HEADER}.${CLAIMS}=.${SIGNATURE}`, 'Bad token; invalid claims'],
    [`${HEADER}.${CLAIMS}.`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.${SIGNATURE}=`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.${SIGNATURE.slice(0, -1)}+`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.${SIGNATURE} x`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.A`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.${SIGNATURE.slice(0, -1)}${spare}`, 'Bad token; invalid signature'],
    [`${HEADER}.${CLAIMS}.AAAA`, 'Invalid signature'],
    [`{"payload":"${CLAIMS}"}`, 'Bad token; invalid JSON'],
  ];
  for (const [token, message] of cases) {
    assert.equal(await refusal(token), message, token);
  }
});

test('header and claims are JSON objects in UTF-8, without a name twice', async () => {
  const texts = ['', '[]', '"x"', '5', 'null', '{', '{"iss":"hmac"', '{"iss":"hmac"}x', '{iss:1}', "{'a':1}"];
  const bytes = (text: string) => base64url(text);
  for (const text of texts) {
    assert.equal(
      await refusal(`${bytes(text) || 'AA'}.${CLAIMS}.${SIGNATURE}`),
      'Bad token; invalid JSON',
      text,
    );
    if (text !== '') assert.equal(await refusal(signed(text)), 'Bad token; invalid claims', text);
  }
  assert.equal(await refusal(signed('{"iss":"hmac","iss":"hmac"}')), 'Bad token; invalid claims');
  assert.equal(await refusal(signed('{"iss":"hmac","is\\u0073":"rsa"}')), 'Bad token; invalid claims');
  assert.equal(
    await refusal(signed('{"iss":"hmac"}', 'HS256', '{"alg":"none","alg":"HS256"}')),
    'Bad token; invalid JSON',
  );
  const broken = Buffer.concat([Buffer.from('{"iss":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  assert.equal(await refusal(`${HEADER}.${base64url(broken)}.${SIGNATURE}`), 'Bad token; invalid claims');
  const deep = `{"iss":"hmac","d":${'['.repeat(100)}${']'.repeat(100)}}`;
  assert.equal(await refusal(signed(deep)), 'Bad token; invalid claims');
});

test('too long', async () => {
  assert.equal(await refusal(signed({ iss: 'hmac', pad: 'x'.repeat(8000) })), 'Bad token; invalid JSON');
  assert.equal(await refusal('.'.repeat(30_000)), 'Bad token; invalid JSON');
  assert.equal(await refusal('x'.repeat(30_000)), 'Bad token; invalid JSON');
});

test('ES signatures: raw, not DER, not zero; keys on another curve or none', async () => {
  const token = signed({ iss: 'ec' }, 'ES256');
  const dot = token.lastIndexOf('.') + 1;
  const der = Buffer.concat([Buffer.from('3006020101020101', 'hex'), Buffer.alloc(56)]);
  for (const signature of [
    der,
    Buffer.alloc(64),
    Buffer.alloc(64, 0xff),
    Buffer.alloc(63),
    Buffer.alloc(1),
  ]) {
    assert.equal(await refusal(token.slice(0, dot) + base64url(signature)), 'Invalid signature');
  }
  assert.equal(await refusal(signed({ iss: 'wrong-curve' }, 'ES256')), 'Invalid key/secret');
  assert.equal(await refusal(signed({ iss: 'no-key' }, 'ES256')), 'Invalid key/secret');
});

test('a thousand damaged tokens: always 401', async () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const tokens = [GOOD, signed({ iss: 'rsa' }, 'RS256'), signed({ iss: 'ec' }, 'ES256' as Algorithm)];
  const alphabet = 'ABCDEFabcdef0123456789-_.=+/{}" \\\u00ff';
  for (let round = 0; round < 1000; round++) {
    const token = tokens[random(3)]!;
    const at = random(token.length);
    const kind = random(3);
    const piece = kind === 0 ? '' : alphabet[random(alphabet.length)]!;
    const damaged = token.slice(0, at) + piece + token.slice(kind === 1 ? at : at + 1);
    // White space around a token does not belong to it.
    if (damaged.trim() !== token) await refusal(damaged);
  }
});

test('JSON objects, unambiguous ones alone', () => {
  const parse = (text: string) => parseJsonObject(Buffer.from(text));
  assert.deepEqual(parse('{"a":{"a":[{"a":1},{"a":2}]},"b":"\\"a\\":{"}'), {
    a: { a: [{ a: 1 }, { a: 2 }] },
    b: '"a":{',
  });
  assert.deepEqual(parse(' { "a" : "x" , "b":"a" } '), { a: 'x', b: 'a' });
  for (const text of [
    '{"a":1,"a":1}',
    '{"b":{"a":1,"a":2}}',
    '{"b":[{"a":1,"a":2}]}',
    '{"a":1,"\\u0061":2}',
  ]) {
    assert.equal(parse(text), undefined, text);
  }
  const own = parse('{"__proto__":{"iss":"x"}}')!;
  assert.ok(Object.hasOwn(own, '__proto__'));
  assert.equal(Object.hasOwn(own, 'iss'), false);
});
