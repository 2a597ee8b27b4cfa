/**
 * Keys of an issuer (JWK set, RFC 7517) by their `kid`. Keys that are no public signature keys are left out, and so
 * are those whose name stands twice.
 */
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { type Algorithm, brokenKey } from './algorithms.ts';
import { type JsonObject, parseJsonObject } from './json-object.ts';
import { own } from './token.ts';

const { createPublicKey } = process.getBuiltinModule('node:crypto');

const MAX_KEYS = 100;
const TYPES: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

export interface IssuerKey {
  readonly key: KeyObject;
  /** The only algorithm that the issuer uses it for; undefined: any that it fits. */
  readonly algorithm: string | undefined;
}

export type KeySet = ReadonlyMap<string, IssuerKey>;

/** Throws when it is no key set. */
export function parseKeySet(bytes: Buffer): KeySet {
  const document = parseJsonObject(bytes);
  const list = document === undefined ? undefined : own(document, 'keys');
  if (!Array.isArray(list)) throw new Error('the answer is no key set');
  if (list.length > MAX_KEYS) throw new Error(`the key set has more than ${MAX_KEYS} keys`);
  const keys = new Map<string, IssuerKey>();
  const twice = new Set<string>();
  for (const one of list) {
    if (typeof one !== 'object' || one === null) continue;
    const kid = own(one as JsonObject, 'kid');
    const key = typeof kid === 'string' ? readKey(one as JsonObject) : undefined;
    if (key === undefined) continue;
    if (keys.has(kid as string)) twice.add(kid as string);
    keys.set(kid as string, key);
  }
  for (const kid of twice) keys.delete(kid);
  return keys;
}

function readKey(jwk: JsonObject): IssuerKey | undefined {
  const use = own(jwk, 'use');
  const operations = own(jwk, 'key_ops');
  if (!TYPES.has(own(jwk, 'kty')) || (use !== undefined && use !== 'sig')) return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return undefined;
  const algorithm = own(jwk, 'alg');
  if (algorithm !== undefined && typeof algorithm !== 'string') return undefined;
  try {
    return { key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), algorithm };
  } catch {
    return undefined;
  }
}

/** Whether that key may be used for that algorithm. */
export function fits({ key, algorithm }: IssuerKey, wanted: Algorithm): boolean {
  return (algorithm === undefined || algorithm === wanted) && brokenKey(wanted, key) === undefined;
}
