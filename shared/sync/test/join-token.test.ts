/** Join tokens as text, and proofs of possession. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { formatJoinToken, joinProofText, parseJoinToken, proveKey, provenKey } from '../join-token.ts';

const TOKEN = { claims: { id: 'tokentoken', ca: 'ab'.repeat(32) }, secret: 's'.repeat(43) };
const pem = (key: import('node:crypto').KeyObject): string =>
  key.export({ type: 'spki', format: 'pem' }) as string;

test('a token is read as it was written', () => {
  assert.deepEqual(parseJoinToken(formatJoinToken(TOKEN)), TOKEN);
  assert.deepEqual(parseJoinToken(` ${formatJoinToken(TOKEN)}\n`), TOKEN);
});

test('what is no token is not one', () => {
  const text = formatJoinToken(TOKEN);
  const claims = (value: unknown): string =>
    `cjt1.${Buffer.from(JSON.stringify(value)).toString('base64url')}.${TOKEN.secret}`;
  for (const wrong of [
    '',
    'cjt1',
    text.replace('cjt1', 'cjt2'),
    `${text}.x`,
    text.slice(0, -20),
    claims(null),
    claims({ id: 'tokentoken' }),
    claims({ id: '../documents', ca: TOKEN.claims.ca }),
    claims({ id: 'tokentoken', ca: 'AB'.repeat(32) }),
    claims({ id: 7, ca: 7 }),
    `cjt1.bm8.${TOKEN.secret}`,
    'x'.repeat(100_000),
  ]) {
    assert.equal(parseJoinToken(wrong), undefined, wrong.slice(0, 100));
  }
});

test('a proof holds for its key and its text', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = joinProofText('tokentoken', 'node-1');
  const proof = proveKey(text, privateKey);
  assert.ok(provenKey(pem(publicKey), proof, text)?.equals(publicKey));
  assert.equal(provenKey(pem(publicKey), proof, joinProofText('tokentoken', 'node-2')), undefined);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  assert.equal(provenKey(pem(other), proof, text), undefined);
});

test('keys that are not P-256 and things that are no keys prove nothing', () => {
  const larger = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const text = joinProofText('tokentoken', 'node-1');
  assert.equal(provenKey(pem(larger.publicKey), proveKey(text, larger.privateKey), text), undefined);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  assert.equal(provenKey(secret, proveKey(text, privateKey), text), undefined);
  for (const wrong of ['', 'x', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n']) {
    assert.equal(provenKey(wrong, proveKey(text, privateKey), text), undefined);
    assert.equal(provenKey(pem(publicKey), wrong, text), undefined);
  }
});
