/** What is deleted together with an entity, and what forbids it. */
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import { caStillReferenced, stillReferenced } from './errors.ts';
import { referrersOf } from './referrers.ts';
import { CA_CERTIFICATES, type Table } from './table.ts';

export interface Place {
  readonly collection: string;
  readonly id: string;
}

type Tables = (collection: string) => Table;

/** The entity and everything that hangs on it. Codes 4 and 19 when something else needs one of those. */
export function withDependents(index: EntityIndex, tables: Tables, first: Place): Iterable<Place> {
  if (first.collection === 'ca_certificates') requireCaUnused(tables, first.id);
  const referrers = referrersOf(index);
  const doomed = new Map<string, Place>();
  const needed: { readonly parent: string; readonly child: string; readonly key: string }[] = [];
  const open = [first];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const key = `${place.collection} ${place.id}`;
    if (doomed.has(key)) continue;
    doomed.set(key, place);
    for (const { collection, field, onDelete } of referrers.get(place.collection) ?? []) {
      for (const id of tables(collection).referring(field, place.id)?.list ?? []) {
        if (onDelete === 'cascade') open.push({ collection, id });
        else needed.push({ parent: place.collection, child: collection, key: `${collection} ${id}` });
      }
    }
  }
  for (const { parent, child, key } of needed) if (!doomed.has(key)) throw stillReferenced(parent, child);
  return doomed.values();
}

/** Code 4 when something still refers to the id. */
export function requireUnreferenced(index: EntityIndex, tables: Tables, { collection, id }: Place): void {
  for (const { collection: child, field } of referrersOf(index).get(collection) ?? []) {
    if ((tables(child).referring(field, id)?.length ?? 0) > 0) throw stillReferenced(collection, child);
  }
}

/** CA certificates are named by lists of ids, which are no foreign keys. */
function requireCaUnused(tables: Tables, id: string): void {
  for (const collection of ['services', 'plugins']) {
    const first = tables(collection).referring(CA_CERTIFICATES, id)?.list[0];
    if (first !== undefined) throw caStillReferenced(id, collection, first);
  }
}
