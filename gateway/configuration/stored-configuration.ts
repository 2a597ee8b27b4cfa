/**
 * The configuration that lives in a store: reads its entities, takes writes one generation after another, and
 * follows what other replicas write. A write is checked, compiled by every worker, stored, and only then put in
 * place and answered; what fails on the way changes nothing. Writes that wait are taken together.
 */
import { applyChange } from '../../shared/config/change.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import { type ModelDraft, ModelError, type ModelView } from '../model/contract.ts';
import { Model } from '../model/model.ts';
import {
  type ChangeAuthor,
  type Commit,
  type Store,
  StoreConflict,
  type StoredState,
  StoreUnavailable,
} from '../store/contract.ts';
import { changeBackTo, netChange } from './commit-changes.ts';
import type { ManagedConfiguration, ServedConfiguration, WriteOrigin } from './contract.ts';
import type { ConfigurationControl } from './control.ts';
import { PendingWrites, type Write } from './pending-writes.ts';

/** How often a write starts anew because another replica was faster. */
const MOST_ATTEMPTS = 20;
const LOOK_FOR_EXPIRED_MS = 1_000;
/** After the store could not be reached. */
const FOLLOW_AGAIN_MS = 1_000;

export interface StoredConfigurationOptions {
  readonly store: Store;
  readonly index: EntityIndex;
  readonly plugins: PluginRegistry;
  /** Id of this node. */
  readonly node: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly uuid: () => string;
}

/** A restoration has to start anew. */
class Overtaken extends Error {}

/** What the store is known to hold. */
interface Known {
  generation: number;
  configuration: Configuration;
}

export class StoredConfiguration implements ManagedConfiguration {
  readonly writable = true;
  readonly #options: StoredConfigurationOptions;
  readonly #pending: PendingWrites;
  readonly #listeners = new Set<(served: ServedConfiguration) => void>();
  #model: Model;
  #known: Known;
  #control: ConfigurationControl | undefined;
  #following = false;
  #unwatch: (() => void) | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  /** The store may hold more than is known here, or more is known than is served. */
  #behind = false;
  /** The generation that another replica made and that does not compile here. */
  #refused: number | undefined;

  private constructor(options: StoredConfigurationOptions, state: StoredState) {
    this.#options = options;
    this.#model = this.#modelOf(state);
    this.#known = this.#knownOf(state);
    this.#pending = new PendingWrites((writes) => this.#take(writes));
  }

  /** Reads everything. Rejects with StoreUnavailable. */
  static async open(options: StoredConfigurationOptions): Promise<StoredConfiguration> {
    return new StoredConfiguration(options, await options.store.load());
  }

  get source(): Store['kind'] {
    return this.#options.store.kind;
  }

  get view(): ModelView {
    return this.#model;
  }

  /** What is stored, before it is served. */
  get initial(): ServedConfiguration {
    return { generation: this.#known.generation, configuration: this.#known.configuration };
  }

  get served(): ServedConfiguration {
    return this.#control?.served ?? this.initial;
  }

  /** Through whom changes are put in place, once it has started with `initial` and `follow` is called. */
  attach(control: ConfigurationControl): void {
    this.#control = control;
    control.onChange((served) => {
      for (const listener of this.#listeners) listener(served);
    });
  }

  /** From now on writes are taken, and what other replicas write is followed. */
  follow(): void {
    this.#following = true;
    this.#unwatch = this.#options.store.watch(() => this.#follow());
    // Something may have been written since it was read.
    this.#follow();
    this.#expiry = setInterval(() => this.#removeExpired(), LOOK_FOR_EXPIRED_MS).unref();
  }

  onChange(listener: (served: ServedConfiguration) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  write<T>(origin: WriteOrigin, change: (draft: ModelDraft) => T): Promise<T> {
    if (!this.#following) return Promise.reject(new StoreUnavailable('the gateway is starting'));
    return this.#pending.add(origin, change);
  }

  history(): Promise<readonly Commit[]> {
    return this.#options.store.history();
  }

  async restore(generation: number, origin: WriteOrigin): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const commits = await this.#commitsSince(generation);
      const newest = commits.at(-1)?.generation ?? generation;
      try {
        await this.write(origin, (draft) => {
          // What was written after those commits would stay: it has to be undone as well.
          if (this.#known.generation !== newest || draft.change.length > 0) throw new Overtaken();
          draft.replace(changeBackTo(commits));
        });
        return;
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        if (attempt >= MOST_ATTEMPTS)
          throw new StoreUnavailable('others wrote at the same time, again and again');
      }
    }
  }

  /** What was made of a generation since. Rejects with a ModelError when it is not kept. */
  async #commitsSince(generation: number): Promise<readonly Commit[]> {
    const possible = Number.isInteger(generation) && generation >= 1;
    const commits = possible ? await this.#options.store.commitsAfter(generation) : undefined;
    if (commits === undefined || (commits.length === 0 && generation > this.#known.generation)) {
      throw new ModelError(404, {
        code: 6,
        name: 'not found',
        message: `generation ${generation} is not kept`,
      });
    }
    return commits;
  }

  /** Writes that wait are refused; the store stays open. */
  close(): void {
    clearInterval(this.#expiry);
    clearTimeout(this.#soon);
    this.#unwatch?.();
    this.#pending.close(new StoreUnavailable('the gateway is stopping'));
  }

  /** Takes these writes into one generation; those that fail are answered and left out. */
  async #take(writes: readonly Write[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#behind) await this.#catchUp();
        await this.#takeOnce(writes);
        return;
      } catch (error) {
        if (error instanceof StoreConflict && attempt < MOST_ATTEMPTS) {
          this.#behind = true;
          continue;
        }
        // What the store holds now is unknown.
        this.#followSoon();
        throw error instanceof StoreConflict
          ? new StoreUnavailable('other gateways wrote at the same time, again and again')
          : error;
      }
    }
  }

  async #takeOnce(writes: readonly Write[]): Promise<void> {
    const { now, uuid, node } = this.#options;
    const draft = this.#model.draft({ now, uuid });
    const answers: (() => void)[] = [];
    const authors: ChangeAuthor[] = [];
    for (const write of writes) {
      try {
        const result = draft.attempt(() => write.change(draft));
        answers.push(() => write.resolve(result));
        authors.push({ at: now(), actor: write.origin.actor, summary: write.origin.summary });
      } catch (error) {
        answers.push(() => write.reject(error));
      }
    }
    const { change } = draft;
    if (change.length > 0) {
      const generation = this.#known.generation + 1;
      const hash = draft.hash();
      const configuration = applyChange(this.#known.configuration, change, hash);
      try {
        await this.#putInPlace(configuration, generation, () =>
          this.#options.store.commit({ generation, at: now(), node, hash, authors, change }),
        );
      } catch (error) {
        if ((error as Error).name !== 'CompileError') throw error;
        await this.#takeApart(writes, error as Error);
        return;
      }
      this.#model.apply(change);
      this.#known = { generation, configuration };
    }
    for (const answer of answers) answer();
  }

  /** Taken together they do not compile: finds those that do. */
  async #takeApart(writes: readonly Write[], error: Error): Promise<void> {
    if (writes.length === 1) {
      writes[0]?.reject(refusal(error));
      return;
    }
    const middle = writes.length >> 1;
    await this.#take(writes.slice(0, middle));
    await this.#take(writes.slice(middle));
  }

  async #putInPlace(
    configuration: Configuration,
    generation: number,
    beforeCommit: () => Promise<void>,
  ): Promise<void> {
    await this.#control?.apply(configuration, { generation, beforeCommit });
  }

  #follow(): void {
    this.#behind = true;
    // Takes no write, but catches up in its turn.
    this.#pending.turn();
  }

  #followSoon(): void {
    this.#behind = true;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#follow(), FOLLOW_AGAIN_MS).unref();
  }

  /** Brings what is known, and what is served, to what the store holds. */
  async #catchUp(): Promise<void> {
    const { store, log } = this.#options;
    const commits = await store.commitsAfter(this.#known.generation);
    if (commits === undefined) {
      const state = await store.load();
      this.#model = this.#modelOf(state);
      this.#known = this.#knownOf(state);
    } else if (commits.length > 0) {
      const change = netChange(commits);
      this.#model.apply(change);
      const { generation } = commits.at(-1) as Commit;
      const configuration = applyChange(this.#known.configuration, change, this.#model.hash());
      this.#known = { generation, configuration };
    }
    const { configuration, generation } = this.#known;
    if (this.served.generation === generation || this.#refused === generation) {
      this.#behind = false;
      return;
    }
    try {
      await this.#control?.apply(configuration, { generation });
      this.#behind = false;
      log.info('took what another gateway wrote', { generation, hash: configuration.hash });
    } catch (error) {
      // Workers that did not answer are asked again.
      if ((error as Error).name !== 'CompileError') throw error;
      this.#behind = false;
      this.#refused = generation;
      log.error('what another gateway wrote cannot be put in place here; the configuration before it stays', {
        generation,
        error: error as Error,
      });
    }
  }

  #removeExpired(): void {
    const { now } = this.#options;
    if (this.#model.expired(now()).length === 0) return;
    const origin = { actor: 'ttl', summary: 'DELETE what has expired' };
    this.write(origin, (draft) => draft.replace(this.#model.expired(now()))).catch((error: Error) =>
      this.#options.log.warn('expired entities could not be removed', { error }),
    );
  }

  #modelOf(state: StoredState): Model {
    const { index, plugins, now } = this.#options;
    return Model.from(index, plugins, state.entities, { now });
  }

  #knownOf(state: StoredState): Known {
    return { generation: state.generation, configuration: this.#model.configuration(this.#model.hash()) };
  }
}

/** Kong's body for an entity that is wrong as a whole. */
function refusal(error: Error): ModelError {
  return new ModelError(400, {
    code: 2,
    name: 'schema violation',
    message: `schema violation (${error.message})`,
    fields: { '@entity': [error.message] },
  });
}
