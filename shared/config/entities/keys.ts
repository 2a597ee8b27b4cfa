/** Keys: public (and private) keys as JWK or PEM, for plugins that verify or sign. */
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { onlyOneOf } from '../schema/checks.ts';
import { type EntityCheck, foreign, record, string } from '../schema/field.ts';
import { ENTITY } from '../schema/problem.ts';
import { isVaultReference } from '../schema/rules.ts';
import { createdAt, id, tags, updatedAt } from './columns.ts';
import { define } from './definition.ts';

const { createPrivateKey, createPublicKey } = process.getBuiltinModule('node:crypto');

function keyFromJwk(jwk: Readonly<Record<string, unknown>>): boolean {
  if (jwk['kty'] === 'oct') return typeof jwk['k'] === 'string';
  try {
    createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

const jwkIsAKey: EntityCheck = {
  name: 'custom_entity_check',
  fields: ['jwk', 'kid'],
  document: { custom_entity_check: { field_sources: ['jwk', 'pem', 'kid'] } },
  run(row, report) {
    const { jwk: text, kid } = row;
    if (typeof text !== 'string' || isVaultReference(text)) return;
    let jwk: unknown;
    try {
      jwk = JSON.parse(text);
    } catch {
      jwk = undefined;
    }
    if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
      report(ENTITY, 'could not json decode jwk string');
      return;
    }
    const record = jwk as Readonly<Record<string, unknown>>;
    if (record['kid'] !== kid) report(ENTITY, 'kid in jwk.kid must be equal to keys.kid');
    else if (!keyFromJwk(record)) report(ENTITY, 'could not load JWK, likely not a valid key');
  },
};

function load<T>(text: unknown, read: (pem: string) => T): T | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

const pemIsAKey: EntityCheck = {
  name: 'custom_entity_check',
  fields: ['pem'],
  document: { custom_entity_check: { field_sources: ['pem'] } },
  run(row, report) {
    const pem = row['pem'] as {
      readonly public_key: string | null;
      readonly private_key: string | null;
    } | null;
    if (pem === null) return;
    const { public_key: publicText, private_key: privateText } = pem;
    if (publicText === null && privateText === null) {
      report(ENTITY, 'need to supply a PEM formatted public and/or private key.');
      return;
    }
    if (isVaultReference(publicText) || isVaultReference(privateText)) return;
    const publicKey: KeyObject | undefined = load(publicText, createPublicKey);
    const privateKey: KeyObject | undefined = load(privateText, createPrivateKey);
    if (publicText !== null && publicKey === undefined) report(ENTITY, 'could not load public key');
    else if (privateText !== null && privateKey === undefined) report(ENTITY, 'could not load private key');
    else if (publicKey !== undefined && privateKey !== undefined) {
      if (!createPublicKey(privateKey).equals(publicKey))
        report(ENTITY, 'public key does not match private key');
    }
  },
};

export const keys = define({
  collection: 'keys',
  endpointKey: 'name',
  cacheKey: ['kid', 'set'],
  schema: record(
    {
      id,
      set: foreign('key_sets', { description: 'The key set that the key belongs to.' }, 'cascade'),
      name: string({ unique: true, description: 'Name of the key.' }),
      kid: string({ required: true, description: 'Id of the key, unique in its set.' }),
      jwk: string({
        referenceable: true,
        encrypted: true,
        description: 'The key as a JSON Web Key, in JSON text.',
      }),
      pem: record(
        {
          private_key: string({ referenceable: true, encrypted: true, description: 'Private key, PEM.' }),
          public_key: string({ referenceable: true, description: 'Public key, PEM.' }),
        },
        { description: 'The key as PEM.' },
      ),
      tags,
      created_at: createdAt,
      updated_at: updatedAt,
    },
    { checks: [onlyOneOf('jwk', 'pem'), jwkIsAKey, pemIsAKey] },
  ),
});
