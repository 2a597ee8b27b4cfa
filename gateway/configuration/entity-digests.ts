/** The digests of all entities, kept so that the hash of a generation costs what the change touches. */
import type { EntityUpdate } from '../../shared/config/change.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import { entityDigest, generationDigest, shownHash } from '../../shared/config/generation-hash.ts';

export class EntityDigests {
  readonly #digests: ReadonlyMap<string, string>;

  private constructor(digests: ReadonlyMap<string, string>) {
    this.#digests = digests;
  }

  static of(entities: ReadonlyMap<string, readonly { readonly id: string }[]>): EntityDigests {
    const digests = new Map<string, string>();
    for (const [collection, list] of entities)
      for (const entity of list) digests.set(`${collection} ${entity.id}`, entityDigest(entity));
    return new EntityDigests(digests);
  }

  /** Those after a change; these stay as they are. */
  after(updates: readonly EntityUpdate[]): EntityDigests {
    const digests = new Map(this.#digests);
    for (const { collection, id, after } of updates) {
      const key = `${collection} ${id}`;
      if (after === null) digests.delete(key);
      else digests.set(key, entityDigest(after));
    }
    return new EntityDigests(digests);
  }

  /** As in {@link Configuration.hash}. */
  hash(): string {
    return shownHash(generationDigest(this.#digests), this.#digests.size);
  }
}
