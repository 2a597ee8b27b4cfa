/**
 * What is different between two configurations that share the entities that did not change. Entities are compared
 * as objects, not by what they say: a source that makes all of them anew has changed all of them.
 */
import { type EntityUpdate, isCoreCollection } from './change.ts';
import { CORE_ENTITIES } from './entities/index.ts';
import type { Configuration, CoreEntities } from './entities.ts';

type Entities = readonly { readonly id: string }[];

/** Undefined when more than `limit` entities are different. */
export function difference(
  before: Configuration,
  after: Configuration,
  limit: number,
): readonly EntityUpdate[] | undefined {
  const updates: EntityUpdate[] = [];
  for (const collection of collections(before, after)) {
    const [old, now] = [entitiesOf(before, collection), entitiesOf(after, collection)];
    if (old === now) continue;
    const gone = new Map(old.map((entity) => [entity.id, entity]));
    for (const entity of now) {
      if (gone.get(entity.id) !== entity) updates.push({ collection, id: entity.id, after: entity });
      gone.delete(entity.id);
      if (updates.length > limit) return undefined;
    }
    for (const id of gone.keys()) updates.push({ collection, id, after: null });
    if (updates.length > limit) return undefined;
  }
  return updates;
}

/** The collections that either of them has. */
function collections(before: Configuration, after: Configuration): Set<string> {
  return new Set([
    ...CORE_ENTITIES.map((definition) => definition.collection),
    ...Object.keys(before.pluginEntities),
    ...Object.keys(after.pluginEntities),
  ]);
}

function entitiesOf(configuration: Configuration, collection: string): Entities {
  if (isCoreCollection(collection)) return configuration[collection as keyof CoreEntities];
  return configuration.pluginEntities[collection] ?? [];
}
