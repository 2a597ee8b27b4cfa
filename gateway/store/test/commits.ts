/** Commits for the tests of stores: what they need to be told is the generation and what changes. */
import type { StoredEntity } from '../../../shared/config/change.ts';
import { type Commit, type Store, StoreConflict } from '../contract.ts';

export interface Put {
  readonly collection?: string;
  readonly id: string;
  /** Null deletes. */
  readonly value: unknown;
}

export function commitOf(generation: number, puts: readonly Put[], node = 'node-1'): Commit {
  return {
    generation,
    at: 1_700_000_000_000 + generation,
    node,
    hash: `hash-${generation}`,
    authors: [{ at: 1_700_000_000_000 + generation, actor: 'local', summary: `PUT /services/${generation}` }],
    change: puts.map(({ collection = 'services', id, value }) => ({
      collection,
      id,
      before: null,
      after: value === null ? null : { id, value },
    })),
  };
}

export async function entity(
  store: Store,
  collection: string,
  id: string,
): Promise<StoredEntity | undefined> {
  const { entities } = await store.load();
  return entities.get(collection)?.find((one) => one.id === id);
}

/** Adds one to a counter, `times` times, each time from what is there now. */
export async function increment(store: Store, times: number, node: string): Promise<void> {
  for (let done = 0; done < times; ) {
    const { generation, entities } = await store.load();
    const value = (entities.get('counters')?.[0]?.['value'] as number | undefined) ?? 0;
    try {
      await store.commit(
        commitOf(generation + 1, [{ collection: 'counters', id: 'c', value: value + 1 }], node),
      );
      done++;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}
