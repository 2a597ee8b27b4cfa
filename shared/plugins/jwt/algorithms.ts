/**
 * The signature algorithms (RFC 7518 section 3.1, RFC 8037) and which keys they may be used with. The algorithm
 * comes from the credential, never from a token: a public key can therefore not be taken for a shared secret.
 */
import type { KeyObject } from 'node:crypto';

const { createPublicKey } = process.getBuiltinModule('node:crypto');

export const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

const KNOWN: ReadonlySet<string> = new Set(ALGORITHMS);

export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && KNOWN.has(name);
}

const CURVES: ReadonlyMap<Algorithm, string> = new Map([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
]);

const MIN_RSA_BITS = 2048;

/** Points of Ed25519 whose order is at most 8: under such a key one signature holds for many messages. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]);

/** What is wrong with a key for an algorithm; undefined when nothing is. */
export function brokenKey(algorithm: Algorithm, key: KeyObject): string | undefined {
  if (algorithm.startsWith('HS')) return key.type === 'secret' ? undefined : 'needs a shared secret';
  if (key.type !== 'public') return 'needs a public key';
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'EdDSA') {
    if (type === 'ed448') return undefined;
    if (type !== 'ed25519') return 'needs an Ed25519 or Ed448 key';
    const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
    return LOW_ORDER.has(point) ? 'is not safe with a key of low order' : undefined;
  }
  const curve = CURVES.get(algorithm);
  if (curve !== undefined) {
    return type === 'ec' && details?.namedCurve === curve ? undefined : `needs a key on the curve ${curve}`;
  }
  if (type !== 'rsa' && !(type === 'rsa-pss' && algorithm.startsWith('PS'))) return 'needs an RSA key';
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  return modulusLength >= MIN_RSA_BITS && publicExponent > 1n
    ? undefined
    : `needs an RSA key of at least ${MIN_RSA_BITS} bits`;
}

/** The message for a PEM text that cannot be the public key of that algorithm. */
export function brokenPublicKey(algorithm: Algorithm, pem: string): string | undefined {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return 'invalid key';
  }
  const broken = brokenKey(algorithm, key);
  return broken === undefined ? undefined : `invalid key: ${algorithm} ${broken}`;
}
