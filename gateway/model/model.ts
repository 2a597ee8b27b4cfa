/**
 * The configuration in memory, as of one generation. It is changed by what drafts of it say, after that has been
 * stored; drafts that are older than a change must not be used any more.
 */
import type { Change, StoredEntity } from '../../shared/config/change.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import { Draft } from './draft.ts';
import { Table } from './table.ts';
import { View } from './view.ts';

export interface DraftOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new id. */
  readonly uuid: () => string;
}

export class Model extends View {
  readonly #tables = new Map<string, Table>();
  readonly #now: () => number;
  #version = 0;

  private constructor(index: EntityIndex, plugins: PluginRegistry, now: () => number) {
    super(index, plugins);
    this.#now = now;
    for (const definition of index.values()) this.#tables.set(definition.collection, new Table(definition));
  }

  /**
   * A model of these entities, which are taken as they are. Throws for a collection that is not in the index: the
   * plugin that owns it is not installed. `now` in milliseconds decides what is over.
   */
  static from(
    index: EntityIndex,
    plugins: PluginRegistry,
    entities: ReadonlyMap<string, readonly StoredEntity[]>,
    { now = Date.now }: { readonly now?: () => number } = {},
  ): Model {
    const model = new Model(index, plugins, now);
    for (const [collection, list] of entities) {
      const table = model.table(collection);
      for (const entity of [...list].sort((a, b) => (a.id < b.id ? -1 : 1))) table.put(entity);
    }
    return model;
  }

  draft({ now, uuid }: DraftOptions): Draft {
    const version = this.#version;
    const table = (collection: string) => {
      if (version !== this.#version) throw new Error('the model has changed since the draft was made');
      return this.table(collection);
    };
    return new Draft(this.index, this.plugins, table, now, uuid);
  }

  /** Makes it so, without any check. */
  apply(change: Change): void {
    this.#version++;
    for (const { collection, id, after } of change) {
      if (after === null) this.table(collection).delete(id);
    }
    for (const { collection, after } of change) {
      if (after !== null) this.table(collection).put(after);
    }
  }

  /** What must be deleted because it is over. `now` in milliseconds. */
  expired(now: number): Change {
    const draft = this.draft({ now: () => now, uuid: () => '' });
    draft.removeExpired();
    return draft.change;
  }

  protected override now(): number {
    return this.#now();
  }

  protected override table(collection: string): Table {
    const table = this.#tables.get(collection);
    if (table === undefined) throw new Error(`there is no collection named ${collection}`);
    return table;
  }
}
