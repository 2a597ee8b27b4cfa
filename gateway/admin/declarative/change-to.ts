/**
 * From what is there to what a declarative document says, as one change: what the document does not have goes, what is there
 * under the same name keeps its id and its time of creation. Nothing that plugins have issued (tokens, sessions) is touched:
 * no document has it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Change, EntityChange, StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import type { ModelView } from '../../model/contract.ts';

const ISSUED: ReadonlySet<string> = new Set(['sessions', 'oauth2_tokens', 'oauth2_authorization_codes']);

type Fields = Readonly<Record<string, unknown>>;

/** `nowSeconds`: when what changes was changed. */
export function changeTo(view: ModelView, wanted: Configuration, nowSeconds: number): Change {
  const ids = new KnownIds(view);
  const changes: EntityChange[] = [];
  for (const definition of inOrder(view)) {
    const { collection } = definition;
    if (ISSUED.has(collection)) continue;
    const seen = new Set<string>();
    for (const entity of entitiesOf(wanted, collection)) {
      const after = ids.rename(definition, entity);
      seen.add(after.id);
      const before = view.find(collection, after.id);
      if (before === undefined) changes.push({ collection, id: after.id, before: null, after });
      else if (!isDeepStrictEqual(withoutTimes(before), withoutTimes(after))) {
        const { created_at } = before;
        const kept = { ...after, ...(created_at === undefined ? {} : { created_at }) };
        const changed = 'updated_at' in after ? { ...kept, updated_at: nowSeconds } : kept;
        changes.push({ collection, id: after.id, before, after: changed });
      }
    }
    for (const before of view.all(collection)) {
      if (!seen.has(before.id)) changes.push({ collection, id: before.id, before, after: null });
    }
  }
  return changes;
}

/** Finds entities again by what makes them unique, and puts the ids that they have into what refers to them. */
class KnownIds {
  readonly #view: ModelView;
  /** By the id in the document. */
  readonly #renamed = new Map<string, string>();
  readonly #indexes = new Map<string, Map<string, StoredEntity>>();

  constructor(view: ModelView) {
    this.#view = view;
  }

  rename(definition: EntityDefinition, entity: StoredEntity): StoredEntity {
    const { collection, foreignKeys } = definition;
    const renamed: Record<string, unknown> = { ...entity };
    for (const { field } of foreignKeys) {
      const value = renamed[field];
      if (isRecord(value) && typeof value['id'] === 'string')
        renamed[field] = { id: this.#renamed.get(value['id']) ?? value['id'] };
    }
    if (this.#view.find(collection, entity.id) === undefined) {
      const known = this.#alike(definition, renamed);
      if (known !== undefined) {
        this.#renamed.set(entity.id, known.id);
        renamed['id'] = known.id;
      }
    }
    return renamed as StoredEntity;
  }

  #alike({ collection, cacheKey, uniqueFields }: EntityDefinition, entity: Fields) {
    const keys = [...uniqueFields.map((field) => [field]), ...(cacheKey === undefined ? [] : [cacheKey])];
    for (const fields of keys) {
      const found = this.#index(collection, fields).get(keyOf(entity, fields) ?? '');
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Stored entities by what these fields hold. */
  #index(collection: string, fields: readonly string[]): ReadonlyMap<string, StoredEntity> {
    const name = JSON.stringify([collection, fields]);
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = new Map();
      for (const entity of this.#view.all(collection)) {
        const key = keyOf(entity, fields);
        if (key !== undefined) index.set(key, entity);
      }
      this.#indexes.set(name, index);
    }
    return index;
  }
}

/** Undefined when none of the fields is set: that is nothing to be known by. */
function keyOf(entity: Fields, fields: readonly string[]): string | undefined {
  const values = fields.map((field) => entity[field] ?? null);
  return values.every((value) => value === null) ? undefined : JSON.stringify(values);
}

/** What is referred to comes before what refers to it. */
function inOrder(view: ModelView): readonly EntityDefinition[] {
  const ordered = new Set<EntityDefinition>();
  const add = (definition: EntityDefinition | undefined): void => {
    if (definition === undefined || ordered.has(definition)) return;
    for (const { reference } of definition.foreignKeys)
      if (reference !== definition.collection) add(view.index.get(reference));
    ordered.add(definition);
  };
  for (const definition of view.index.values()) add(definition);
  return [...ordered];
}

function entitiesOf(configuration: Configuration, collection: string): readonly StoredEntity[] {
  const core = configuration as unknown as Readonly<Record<string, readonly StoredEntity[] | undefined>>;
  return Object.hasOwn(configuration.pluginEntities, collection)
    ? (configuration.pluginEntities[collection] as readonly StoredEntity[])
    : ((Object.hasOwn(configuration, collection) ? core[collection] : undefined) ?? []);
}

function withoutTimes({ created_at: _created, updated_at: _updated, ...fields }: StoredEntity) {
  return fields;
}
