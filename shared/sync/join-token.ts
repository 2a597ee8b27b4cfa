/**
 * The text of a join token, `cjt1.<base64url of its claims>.<secret>`, and what is signed to show that a public key
 * is the caller's own. A token is a secret: its text must never be logged or stored.
 */
import type { KeyObject } from 'node:crypto';
import type { JoinTokenClaims } from './protocol.ts';

const { createHash, createPublicKey, sign, verify } = process.getBuiltinModule('node:crypto');

const TOKEN = /^cjt1\.([A-Za-z0-9_-]{1,512})\.([A-Za-z0-9_-]{32,128})$/;
const ID = /^[A-Za-z0-9_-]{8,64}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const MAX_PROOF = 256;

export interface JoinToken {
  readonly claims: JoinTokenClaims;
  readonly secret: string;
}

/** `secret`: 32 to 128 characters of base64url. */
export function formatJoinToken({ claims, secret }: JoinToken): string {
  const { id, ca } = claims;
  return `cjt1.${Buffer.from(JSON.stringify({ id, ca })).toString('base64url')}.${secret}`;
}

/** Undefined when it is no join token; blanks around it do not matter. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const match = TOKEN.exec(text.trim());
  if (match === null) return undefined;
  const [, encoded = '', secret = ''] = match;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { id, ca } = claims as Partial<JoinTokenClaims>;
  if (typeof id !== 'string' || !ID.test(id) || typeof ca !== 'string' || !FINGERPRINT.test(ca)) {
    return undefined;
  }
  return { claims: { id, ca }, secret };
}

/** SHA-256 over a certificate's DER, hex: what `JoinTokenClaims.ca` holds. */
export function certificateFingerprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

/** What the proof of a JoinRequest is made over. */
export function joinProofText(tokenId: string, node: string): string {
  return `cardinal-join\n${tokenId}\n${node}`;
}

/** What the proof of a RenewRequest is made over. */
export function renewProofText(node: string): string {
  return `cardinal-renew\n${node}`;
}

/** ECDSA-SHA256 in DER, base64. `key`: P-256, private. */
export function proveKey(text: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(text), key).toString('base64');
}

/** The key that was shown, when it is a P-256 key in PEM and `proof` was made with it; else undefined. */
export function provenKey(publicKey: string, proof: string, text: string): KeyObject | undefined {
  if (proof.length > MAX_PROOF || !publicKey.startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const key = createPublicKey(publicKey);
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      return undefined;
    }
    return verify('sha256', Buffer.from(text), key, Buffer.from(proof, 'base64')) ? key : undefined;
  } catch {
    return undefined;
  }
}
