/** Which foreign keys refer to a collection: what must be looked at before one of its entities is deleted. */
import type { ForeignKey } from '../../shared/config/entities/definition.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';

export interface Referrer extends ForeignKey {
  /** The collection that has the foreign key. */
  readonly collection: string;
}

const known = new WeakMap<EntityIndex, ReadonlyMap<string, readonly Referrer[]>>();

/** By the collection that is referred to. */
export function referrersOf(index: EntityIndex): ReadonlyMap<string, readonly Referrer[]> {
  let referrers = known.get(index);
  if (referrers === undefined) {
    const map = new Map<string, Referrer[]>();
    for (const { collection, foreignKeys } of index.values()) {
      for (const key of foreignKeys) {
        let list = map.get(key.reference);
        if (list === undefined) map.set(key.reference, (list = []));
        list.push({ ...key, collection });
      }
    }
    referrers = map;
    known.set(index, referrers);
  }
  return referrers;
}
