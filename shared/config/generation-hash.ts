/**
 * The hash of a configuration that is made of entities rather than read from a text: SHA-256 over the digests
 * of its entities, so that a change costs what it touches and a data plane can verify what it was sent part by
 * part. Same entities, same hash, whatever their order.
 */
import { canonicalJson } from './declarative/canonical-json.ts';
import { EMPTY_HASH } from './empty.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** Digest of one entity: SHA-256 over its canonical JSON, 64 hex characters. */
export function entityDigest(entity: object): string {
  return createHash('sha256').update(canonicalJson(entity)).digest('hex');
}

/** `digests`: collection and id, a blank between, to digest. 64 hex characters. */
export function generationDigest(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const key of [...digests.keys()].sort()) hash.update(`${key} ${digests.get(key)}\n`);
  return hash.digest('hex');
}

/** What `configuration_hash` shows and `Configuration.hash` holds: 32 characters, as Kong's clients expect. */
export function shownHash(digest: string, entities: number): string {
  return entities === 0 ? EMPTY_HASH : digest.slice(0, 32);
}
