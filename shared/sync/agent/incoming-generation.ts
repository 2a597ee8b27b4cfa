/**
 * A generation on its way in: entities are checked as they come, within a budget, in slices that leave the event
 * loop free. Nothing of what is served changes here; what comes out has been verified against its manifest.
 */
import { Slices } from '../../config/compile/slices.ts';
import type { Configuration } from '../../config/entities.ts';
import { entityKey, type Part } from '../entity-set.ts';
import type { GenerationManifest } from '../protocol.ts';
import {
  checkLinks,
  configurationOf,
  digestOf,
  type EntityReader,
  type HeldEntities,
  type HeldEntity,
  NO_ENTITIES,
} from './held-entities.ts';
import { Refusal } from './refusal.ts';

/** A generation that is good: from the stream, or from the disk. */
export interface Generation {
  readonly manifest: GenerationManifest;
  /** Base64, over the manifest. */
  readonly signature: string;
  readonly entities: HeldEntities;
  readonly configuration: Configuration;
}

export class IncomingGeneration {
  readonly #reader: EntityReader;
  readonly #budgetBytes: number;
  readonly #base: Generation | undefined;
  readonly #entities: Map<string, HeldEntity>;
  #bytes = 0;

  /** `base`: what the parts change; undefined when they are everything. */
  constructor(reader: EntityReader, budgetBytes: number, base: Generation | undefined) {
    this.#reader = reader;
    this.#budgetBytes = budgetBytes;
    this.#base = base;
    this.#entities = new Map(base?.entities ?? NO_ENTITIES);
    for (const { bytes } of this.#entities.values()) this.#bytes += bytes;
  }

  /** Rejects with a Refusal; then this one is of no more use. */
  async add({ puts, deletes }: Part): Promise<void> {
    const slices = new Slices();
    for (const { collection, entities } of puts) {
      for (const entity of entities) {
        if (slices.due()) await slices.pause();
        const held = this.#reader.read(collection, entity);
        const key = held.key;
        this.#bytes += held.bytes - (this.#entities.get(key)?.bytes ?? 0);
        this.#entities.set(key, held);
        if (this.#bytes > this.#budgetBytes) {
          throw new Refusal(
            'budget',
            `more than ${this.#budgetBytes} bytes of entities (configuration_budget)`,
          );
        }
      }
    }
    for (const { collection, ids } of deletes) {
      for (const id of ids) {
        if (slices.due()) await slices.pause();
        const key = entityKey(collection, id);
        this.#bytes -= this.#entities.get(key)?.bytes ?? 0;
        this.#entities.delete(key);
      }
    }
  }

  /** Verifies the digest and the references. Rejects with a Refusal. */
  async finish(manifest: GenerationManifest, signature: string): Promise<Generation> {
    const entities = this.#entities;
    const digest = digestOf(entities);
    if (digest !== manifest.digest) {
      throw new Refusal('digest', `the entities have the digest ${digest}, not the one of the manifest`);
    }
    await checkLinks(entities, this.#reader.index);
    return { manifest, signature, entities, configuration: configurationOf(entities, digest, this.#base) };
  }
}
