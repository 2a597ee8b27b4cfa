/**
 * The signature over a manifest: Ed25519 over its canonical JSON. A manifest that does not verify must never be
 * believed, whoever brought it: a connection, or a file on the disk.
 */
import type { KeyObject } from 'node:crypto';
import { canonicalJson } from '../config/declarative/canonical-json.ts';
import type { GenerationManifest } from './protocol.ts';

const { createPublicKey, sign, verify } = process.getBuiltinModule('node:crypto');
/** 64 octets. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

/** Base64. `key`: Ed25519, private. */
export function signManifest(manifest: GenerationManifest, key: KeyObject): string {
  return sign(null, signed(manifest), key).toString('base64');
}

/** `key`: see {@link signingKey}. Never throws on what was sent. */
export function verifyManifest(manifest: GenerationManifest, signature: string, key: KeyObject): boolean {
  return SIGNATURE.test(signature) && verify(null, signed(manifest), key, Buffer.from(signature, 'base64'));
}

/** The public key that `Identity.signingKey` holds. Throws when it is no Ed25519 key in PEM. */
export function signingKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the signing key is not an Ed25519 key');
  return key;
}

/** Only the fields of a manifest: what else an object may carry is not signed and must not matter. */
function signed(manifest: GenerationManifest): Buffer {
  const { generation, digest, configurationHash, service, calls, issuedAt } = manifest;
  return Buffer.from(canonicalJson({ generation, digest, configurationHash, service, calls, issuedAt }));
}
