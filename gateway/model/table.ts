/**
 * The entities of one collection with everything by which they are looked up: id, unique values, values that are unique
 * together, what they refer to, when they expire. A fork lies over its original without copying it. A table keeps
 * its indexes true and checks nothing: what may be put in is decided by who puts it in.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import { expiryOf } from './expiry.ts';
import { LayeredMap } from './layered-map.ts';
import { SortedIds } from './sorted-ids.ts';

/** Name of the index of the references that are no foreign keys: a list of ids in a service or in a plugin's config. */
export const CA_CERTIFICATES = 'ca_certificates';

export class Table {
  readonly definition: EntityDefinition;
  readonly #base: Table | undefined;
  readonly #rows: LayeredMap<StoredEntity>;
  readonly #ids: SortedIds;
  readonly #unique = new Map<string, LayeredMap<string>>();
  readonly #together: LayeredMap<string> | undefined;
  /** Field to the id that is referred to, to those that refer. */
  readonly #referring = new Map<string, LayeredMap<SortedIds>>();
  readonly #expiry: LayeredMap<number> | undefined;
  #list: readonly StoredEntity[] | undefined;

  constructor(definition: EntityDefinition, base?: Table) {
    this.definition = definition;
    this.#base = base;
    const below = <V>(read: (table: Table) => V) => (base === undefined ? undefined : read(base));
    this.#rows = new LayeredMap(below((table) => table.#rows));
    this.#ids = base === undefined ? new SortedIds() : base.#ids.fork();
    for (const field of definition.uniqueFields) {
      this.#unique.set(field, new LayeredMap(below((table) => table.#unique.get(field))));
    }
    const { cacheKey } = definition;
    if (cacheKey !== undefined && cacheKey.length > 1)
      this.#together = new LayeredMap(below((table) => table.#together));
    for (const { field } of definition.foreignKeys) {
      this.#referring.set(field, new LayeredMap(below((table) => table.#referring.get(field))));
    }
    if (definition.collection === 'services' || definition.collection === 'plugins') {
      this.#referring.set(
        CA_CERTIFICATES,
        new LayeredMap(below((table) => table.#referring.get(CA_CERTIFICATES))),
      );
    }
    if (definition.ttl) this.#expiry = new LayeredMap(below((table) => table.#expiry));
  }

  fork(): Table {
    return new Table(this.definition, this);
  }

  get(id: string): StoredEntity | undefined {
    return this.#rows.get(id);
  }

  get ids(): SortedIds {
    return this.#ids;
  }

  /** All, in the order of their ids. The same list until something changes. */
  list(): readonly StoredEntity[] {
    this.#list ??= this.#ids.list.map((id) => this.#rows.get(id) as StoredEntity);
    return this.#list;
  }

  /** Id of the entity with this value in a unique field. */
  withUnique(field: string, value: string): string | undefined {
    return this.#unique.get(field)?.get(value);
  }

  /** Id of the entity with these values in the fields that are unique together, given in the order of the cache key. */
  withTogether(values: readonly unknown[]): string | undefined {
    return this.#together?.get(JSON.stringify(values));
  }

  /** Ids of those whose `field` refers to `id`. */
  referring(field: string, id: string): SortedIds | undefined {
    return this.#referring.get(field)?.get(id);
  }

  /** When the entity is over, in Unix seconds; undefined for never. */
  expiry(id: string): number | undefined {
    return this.#expiry?.get(id);
  }

  /** Ids of those that are over. Looks at those only that expire at all. */
  expired(nowSeconds: number): string[] {
    const ids: string[] = [];
    if (this.#expiry === undefined) return ids;
    for (const [id, at] of this.#expiry.entries()) if (at <= nowSeconds) ids.push(id);
    return ids;
  }

  put(entity: StoredEntity): void {
    const { id } = entity;
    const before = this.#rows.get(id);
    if (before !== undefined) this.#unindex(before);
    this.#rows.set(id, entity);
    this.#ids.add(id);
    this.#index(entity);
    this.#list = undefined;
  }

  delete(id: string): void {
    const before = this.#rows.get(id);
    if (before === undefined) return;
    this.#unindex(before);
    this.#rows.delete(id);
    this.#ids.delete(id);
    this.#list = undefined;
  }

  #index(entity: StoredEntity): void {
    const { id } = entity;
    for (const [field, values] of this.#unique) {
      const value = entity[field];
      if (typeof value === 'string') values.set(value, id);
    }
    this.#together?.set(this.#togetherKey(entity), id);
    for (const [field, parents] of this.#referring) {
      for (const parent of referredTo(entity, field)) this.#writable(parents, parent).add(id);
    }
    const at = expiryOf(entity);
    if (at !== undefined) this.#expiry?.set(id, at);
  }

  /** An entry that another entity has taken over in the meantime stays. */
  #unindex(entity: StoredEntity): void {
    const { id } = entity;
    for (const [field, values] of this.#unique) {
      const value = entity[field];
      if (typeof value === 'string' && values.get(value) === id) values.delete(value);
    }
    const key = this.#together === undefined ? '' : this.#togetherKey(entity);
    if (this.#together?.get(key) === id) this.#together.delete(key);
    for (const [field, parents] of this.#referring) {
      for (const parent of referredTo(entity, field)) {
        const ids = this.#writable(parents, parent);
        ids.delete(id);
        if (ids.length === 0) parents.delete(parent);
      }
    }
    this.#expiry?.delete(id);
  }

  #togetherKey(entity: StoredEntity): string {
    return JSON.stringify(togetherValues(this.definition, entity));
  }

  #writable(parents: LayeredMap<SortedIds>, parent: string): SortedIds {
    let ids = parents.own(parent);
    if (ids === undefined) {
      ids = this.#base === undefined ? new SortedIds() : (parents.get(parent)?.fork() ?? new SortedIds());
      parents.set(parent, ids);
    }
    return ids;
  }
}

/** The values that are unique together: texts, ids of what is referred to, null for what is absent. */
export function togetherValues(
  { cacheKey }: EntityDefinition,
  entity: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  return (cacheKey ?? []).map((field) => {
    const value = entity[field] ?? null;
    return typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : value;
  });
}

const NONE: readonly string[] = [];

function referredTo(entity: StoredEntity, field: string): readonly string[] {
  const value = entity[field];
  if (field === CA_CERTIFICATES) {
    const config = entity['config'] as { readonly [CA_CERTIFICATES]?: unknown } | null | undefined;
    const list = value ?? config?.[CA_CERTIFICATES];
    return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : NONE;
  }
  const id = (value as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? [id] : NONE;
}
