/**
 * The configuration that is served with entities put in that are not saved: checked by every rule that holds for
 * saved ones, and forgotten afterwards.
 */
import { randomUUID } from 'node:crypto';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { applyChange } from '../../../shared/config/change.ts';
import { CORE_COLLECTIONS, type Configuration } from '../../../shared/config/entities.ts';
import { pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { Model } from '../../model/model.ts';
import type { ObserveContext } from './context.ts';

/** In the order in which they may refer to each other. */
export const DRAFT_COLLECTIONS = [
  'upstreams',
  'targets',
  'services',
  'routes',
  'consumers',
  'plugins',
] as const;

export type Drafts = ReadonlyMap<(typeof DRAFT_COLLECTIONS)[number], readonly unknown[]>;

/** Throws a ModelError as a write of the same entities would. */
export function draftConfiguration(
  { managed, plugins, now }: Pick<ObserveContext, 'managed' | 'plugins' | 'now'>,
  drafts: Drafts,
): Configuration {
  const { configuration } = managed.served;
  const model = Model.from(
    managed.view.index,
    pluginRegistry(plugins.schemas),
    collectionsOf(configuration),
    {
      now,
    },
  );
  const draft = model.draft({ now, uuid: randomUUID });
  for (const collection of DRAFT_COLLECTIONS) {
    const key = draft.definition(collection).endpointKey ?? 'id';
    for (const entity of drafts.get(collection) ?? []) {
      const { id, [key]: name } = (entity ?? {}) as Readonly<Record<string, unknown>>;
      const known = [id, name].find(
        (one) => typeof one === 'string' && one !== '' && draft.find(collection, one) !== undefined,
      );
      // What is there already is replaced by the one that is edited.
      if (typeof known === 'string') draft.upsert(collection, known, entity);
      else draft.insert(collection, entity);
    }
  }
  return applyChange(configuration, draft.change, configuration.hash);
}

function collectionsOf(configuration: Configuration): ReadonlyMap<string, readonly StoredEntity[]> {
  const all = new Map<string, readonly StoredEntity[]>();
  for (const collection of CORE_COLLECTIONS)
    all.set(collection, configuration[collection] as readonly unknown[] as readonly StoredEntity[]);
  for (const [collection, entities] of Object.entries(configuration.pluginEntities))
    all.set(collection, entities as readonly unknown[] as readonly StoredEntity[]);
  return all;
}
