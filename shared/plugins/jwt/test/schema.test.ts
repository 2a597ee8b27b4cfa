/** jwt_secrets: which keys a credential may have. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { record } from '../../../config/schema/field.ts';
import { validate } from '../../../config/schema/validate.ts';
import schema from '../schema.ts';
import { pemFor } from './tokens.ts';

const { fields, checks } = schema.entities.jwt_secrets;
const { consumer: _owner, ...own } = fields;
const entity = record(own, { checks });
const problems = (input: Record<string, unknown>) => ({
  ...validate(entity, input).fields,
});

test('HS256 is the default and needs nothing', () => {
  assert.deepEqual(problems({}), {});
  assert.equal(validate(entity, {}).value['algorithm'], 'HS256');
  assert.deepEqual(problems({ algorithm: 'none' }), {
    algorithm:
      'expected one of: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA',
  });
});

test('RS, PS and EdDSA need a public key of their kind', () => {
  for (const algorithm of ['RS256', 'RS512', 'PS384', 'EdDSA']) {
    const missing = problems({ algorithm });
    assert.equal(missing['rsa_public_key'], 'required field missing', algorithm);
    assert.equal(problems({ algorithm, rsa_public_key: 'nonsense' })['rsa_public_key'], 'invalid key');
    assert.deepEqual(problems({ algorithm, rsa_public_key: pemFor(algorithm) }), {});
  }
  assert.match(
    String(problems({ algorithm: 'RS256', rsa_public_key: pemFor('ES256') })['rsa_public_key']),
    /^invalid key: RS256 needs an RSA key/,
  );
  assert.match(
    String(problems({ algorithm: 'EdDSA', rsa_public_key: pemFor('RS256') })['rsa_public_key']),
    /^invalid key: EdDSA needs an Ed25519 or Ed448 key/,
  );
  assert.deepEqual(problems({ algorithm: 'ES256', rsa_public_key: 'nonsense' }), {}, 'as in Kong');
});

test('weak keys', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const rsa_public_key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.match(
    String(problems({ algorithm: 'RS256', rsa_public_key })['rsa_public_key']),
    /at least 2048 bits/,
  );
  // The point of order one, in the SubjectPublicKeyInfo of Ed25519 (RFC 8410).
  const point = Buffer.from(`302a300506032b657003210001${'00'.repeat(31)}`, 'hex').toString('base64');
  const low = `-----BEGIN PUBLIC KEY-----\n${point}\n-----END PUBLIC KEY-----\n`;
  assert.match(String(problems({ algorithm: 'EdDSA', rsa_public_key: low })['rsa_public_key']), /low order/);
});
