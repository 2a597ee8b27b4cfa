/**
 * The difference between two configurations as data: what is written to a store, sent to worker threads and to
 * data planes. Applying one gives a new `Configuration`; nothing is changed in place.
 */
import { CORE_ENTITIES } from './entities/index.ts';
import type { Configuration, CoreEntities, PluginEntity } from './entities.ts';

/** An entity of any collection in stored form. */
export interface StoredEntity {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** What became of one entity. `before` is null for a new one, `after` for one that was deleted. */
export interface EntityChange {
  readonly collection: string;
  readonly id: string;
  readonly before: StoredEntity | null;
  readonly after: StoredEntity | null;
}

/** Each entity appears once. */
export type Change = readonly EntityChange[];

/** What an entity is from now on, without what it was. */
export type EntityUpdate = Pick<EntityChange, 'collection' | 'id' | 'after'>;

const CORE = new Set(CORE_ENTITIES.map((definition) => definition.collection));

/** True for Kong's own entities, false for those that a plugin owns. */
export function isCoreCollection(collection: string): boolean {
  return CORE.has(collection);
}

/** A configuration with `change` put in, and its hash. Entities that stay keep their order; new ones come last. */
export function applyChange(
  configuration: Configuration,
  change: readonly EntityUpdate[],
  hash: string,
): Configuration {
  const byCollection = new Map<string, Map<string, StoredEntity | null>>();
  for (const { collection, id, after } of change) {
    let entities = byCollection.get(collection);
    if (entities === undefined) byCollection.set(collection, (entities = new Map()));
    entities.set(id, after);
  }
  const core: Partial<Record<keyof CoreEntities, unknown>> = {};
  const pluginEntities: Record<string, readonly PluginEntity[]> = Object.assign(
    Object.create(null),
    configuration.pluginEntities,
  );
  for (const [collection, changed] of byCollection) {
    if (isCoreCollection(collection)) {
      const name = collection as keyof CoreEntities;
      core[name] = changedList(configuration[name] as readonly unknown[] as readonly StoredEntity[], changed);
    } else {
      pluginEntities[collection] = changedList(
        pluginEntities[collection] ?? [],
        changed,
      ) as readonly PluginEntity[];
    }
  }
  return { ...configuration, ...(core as Partial<CoreEntities>), pluginEntities, hash };
}

function changedList(
  entities: readonly StoredEntity[],
  changed: Map<string, StoredEntity | null>,
): readonly StoredEntity[] {
  const list: StoredEntity[] = [];
  const seen = new Set<string>();
  for (const entity of entities) {
    const after = changed.get(entity.id);
    if (after === undefined) list.push(entity);
    else {
      seen.add(entity.id);
      if (after !== null) list.push(after);
    }
  }
  for (const [id, after] of changed) if (after !== null && !seen.has(id)) list.push(after);
  return list;
}
