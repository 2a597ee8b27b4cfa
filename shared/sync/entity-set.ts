/**
 * The entities that a data plane was sent, with the digest of each: what parts change, what is compared with the
 * manifest, what becomes a `Configuration`. Both sides count bytes and digests with it; it decides nothing.
 */
import type { StoredEntity } from '../config/change.ts';
import { canonicalJson } from '../config/declarative/canonical-json.ts';
import { EMPTY_CONFIGURATION } from '../config/empty.ts';
import type { Configuration, PluginEntity } from '../config/entities.ts';
import { generationDigest } from '../config/generation-hash.ts';
import type { ControlPlaneFrame } from './protocol.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

/** One entity and what is derived from its canonical JSON. */
export interface EntityFacts {
  /** `collection id`: what digests are listed by. */
  readonly key: string;
  readonly collection: string;
  readonly entity: StoredEntity;
  /** 64 hex characters. */
  readonly digest: string;
  /** Octets of its canonical JSON: what budgets are counted in. */
  readonly bytes: number;
}

export function entityKey(collection: string, id: string): string {
  return `${collection} ${id}`;
}

export function entityFacts(collection: string, entity: StoredEntity): EntityFacts {
  const json = canonicalJson(entity);
  return {
    key: entityKey(collection, entity.id),
    collection,
    entity,
    digest: createHash('sha256').update(json).digest('hex'),
    bytes: Buffer.byteLength(json),
  };
}

export type Part = Pick<Extract<ControlPlaneFrame, { type: 'part' }>, 'puts' | 'deletes'>;

export class EntitySet {
  readonly #facts: Map<string, EntityFacts>;
  #bytes: number;

  constructor(from?: EntitySet) {
    this.#facts = new Map(from === undefined ? [] : from.#facts);
    this.#bytes = from === undefined ? 0 : from.#bytes;
  }

  get size(): number {
    return this.#facts.size;
  }

  /** Octets of canonical JSON of all entities. */
  get bytes(): number {
    return this.#bytes;
  }

  put(collection: string, entity: StoredEntity): void {
    const facts = entityFacts(collection, entity);
    this.#bytes += facts.bytes - (this.#facts.get(facts.key)?.bytes ?? 0);
    this.#facts.set(facts.key, facts);
  }

  delete(collection: string, id: string): void {
    const key = entityKey(collection, id);
    this.#bytes -= this.#facts.get(key)?.bytes ?? 0;
    this.#facts.delete(key);
  }

  apply({ puts, deletes }: Part): void {
    for (const { collection, entities } of puts) for (const entity of entities) this.put(collection, entity);
    for (const { collection, ids } of deletes) for (const id of ids) this.delete(collection, id);
  }

  /** What a manifest's `digest` must be. */
  digest(): string {
    const digests = new Map<string, string>();
    for (const { key, digest } of this.#facts.values()) digests.set(key, digest);
    return generationDigest(digests);
  }

  entities(): IterableIterator<EntityFacts> {
    return this.#facts.values();
  }

  /** `hash`: what `Configuration.hash` becomes. */
  configuration(hash: string): Configuration {
    const core: Record<string, StoredEntity[]> = Object.create(null);
    for (const name of Object.keys(EMPTY_CONFIGURATION)) {
      if (name !== 'pluginEntities' && name !== 'hash') core[name] = [];
    }
    const pluginEntities: Record<string, StoredEntity[]> = Object.create(null);
    for (const { collection, entity } of this.#facts.values()) {
      (core[collection] ?? (pluginEntities[collection] ??= [])).push(entity);
    }
    return {
      ...(core as unknown as Omit<Configuration, 'pluginEntities' | 'hash'>),
      pluginEntities: pluginEntities as unknown as Record<string, readonly PluginEntity[]>,
      hash,
    };
  }
}
