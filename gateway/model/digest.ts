/** Digests of entities, computed once: an entity is never changed in place. */
import type { StoredEntity } from '../../shared/config/change.ts';
import { entityDigest } from '../../shared/config/generation-hash.ts';

const known = new WeakMap<StoredEntity, string>();

export function digestOf(entity: StoredEntity): string {
  let digest = known.get(entity);
  if (digest === undefined) known.set(entity, (digest = entityDigest(entity)));
  return digest;
}
