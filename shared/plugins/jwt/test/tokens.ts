/** Makes tokens for the tests, also such as no honest issuer would make. */
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';
import type { Algorithm } from '../algorithms.ts';

export const SECRET = 'a-secret-of-at-least-sixty-four-characters-for-all-of-the-hmac-hashes';

export const base64url = (data: string | Buffer): string => Buffer.from(data).toString('base64url');

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const pairs = new Map<string, KeyPairKeyObjectResult>();

/** One key pair for each kind of key. */
export function pairFor(algorithm: string): KeyPairKeyObjectResult {
  const kind = CURVES[algorithm] ?? (algorithm === 'EdDSA' ? 'ed25519' : 'rsa');
  let pair = pairs.get(kind);
  if (pair === undefined) {
    if (kind === 'rsa') pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    else if (kind === 'ed25519') pair = generateKeyPairSync('ed25519');
    else pair = generateKeyPairSync('ec', { namedCurve: kind });
    pairs.set(kind, pair);
  }
  return pair;
}

export const pemFor = (algorithm: string): string =>
  pairFor(algorithm).publicKey.export({ type: 'spki', format: 'pem' }).toString();

export function signatureOf(signed: string, algorithm: Algorithm, key: KeyObject | string): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const data = Buffer.from(signed);
  if (typeof key === 'string') return createHmac(hash, key).update(data).digest();
  if (algorithm === 'EdDSA') return sign(null, data, key);
  if (algorithm.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
  if (algorithm.startsWith('PS')) {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
    return sign(hash, data, { key, padding, saltLength });
  }
  return sign(hash, data, key);
}

/** `header` and `payload` may be texts that are no JSON. */
export function signed(
  payload: object | string,
  algorithm: Algorithm = 'HS256',
  header: object | string = { typ: 'JWT', alg: algorithm },
  key: KeyObject | string = algorithm.startsWith('HS') ? SECRET : pairFor(algorithm).privateKey,
): string {
  const text = (part: object | string) => (typeof part === 'string' ? part : JSON.stringify(part));
  const input = `${base64url(text(header))}.${base64url(text(payload))}`;
  return `${input}.${signatureOf(input, algorithm, key).toString('base64url')}`;
}
