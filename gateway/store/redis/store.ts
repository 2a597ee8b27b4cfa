/**
 * A store in Redis, for several replicas of a gateway: whoever commits first makes the generation, the others get a
 * StoreConflict, and all hear of it.
 *
 * What a resolved commit promises is what Redis promises for a write that it has answered. With `appendonly yes` and
 * `appendfsync always` it is on the disk; with `everysec`, up to a second of commits is lost when the machine (not
 * merely the process) dies; without an append-only file, everything since the last snapshot. Replication is
 * asynchronous: a failover can lose the last commits, which replicas notice because the head differs.
 */
import { readFile } from 'node:fs/promises';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { ChangeSignal } from '../change-signal.ts';
import {
  type Commit,
  type Store,
  type StoredDocument,
  type StoredState,
  StoreUnavailable,
} from '../contract.ts';
import type { RedisLocation } from '../location.ts';
import { Slices } from '../slices.ts';
import { byText, checkCommit, decodeEntity, StoredValueError } from '../stored-value.ts';
import { RedisCommitter } from './committer.ts';
import { RedisConnection } from './connection.ts';
import { RedisDocuments } from './documents.ts';
import { doubtsAbout } from './durability.ts';
import { RedisHistory } from './history.ts';
import { StoreKeys } from './keys.ts';
import { scanHash } from './scan.ts';

const OPEN_MS = 1500;
/** Between looks at the head; announcements are faster, but can be lost. */
const LOOK_INTERVAL_MS = 500;
const LOAD_ATTEMPTS = 3;

type EntitiesById = Map<string, Map<string, StoredEntity>>;

export class RedisStore implements Store {
  readonly kind = 'redis';
  readonly location: string;
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;
  readonly #history: RedisHistory;
  readonly #committer: RedisCommitter;
  readonly #documents: RedisDocuments;
  readonly #signal = new ChangeSignal('');
  #lookTimer: NodeJS.Timeout | undefined;
  #looking = false;
  #lookAgain = false;

  private constructor(location: RedisLocation, connection: RedisConnection) {
    this.location = location.shown;
    this.#connection = connection;
    this.#keys = new StoreKeys(location.prefix);
    this.#history = new RedisHistory(connection, this.#keys);
    this.#committer = new RedisCommitter(connection, this.#keys, this.#history);
    this.#documents = new RedisDocuments(connection, this.#keys);
  }

  /** Rejects with StoreUnavailable when Redis cannot be reached or is of no use, with StoreFormatError. */
  static async open(
    location: RedisLocation,
    warn: (message: string) => void = () => {},
  ): Promise<RedisStore> {
    const ca = location.caPath === undefined ? undefined : await readCertificates(location.caPath);
    const connection = new RedisConnection(location, ca);
    try {
      await connection.ready(OPEN_MS);
      const store = new RedisStore(location, connection);
      await store.ping();
      for (const doubt of await doubtsAbout(connection)) warn(`the store ${location.shown}: ${doubt}`);
      return store;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /**
   * Read in steps, in which others may commit: then what is read is a mixture, and the commits since the beginning are
   * put on top. That makes it the state of the newest of them, since each says for what it touched what it became.
   */
  async load(): Promise<StoredState> {
    await this.#committer.settle();
    for (let attempt = 1; attempt <= LOAD_ATTEMPTS; attempt++) {
      const before = await this.#history.head();
      const texts = await scanHash(this.#connection, this.#keys.entities);
      const after = await this.#history.head();
      const commits = after.token === before.token ? [] : await this.#history.since(before);
      if (commits === undefined) continue;
      const entities = await decoded(texts);
      for (const commit of commits) putOnTop(entities, commit);
      if (commits.length === 0) this.#signal.loaded(before.token);
      return { generation: before.generation + commits.length, entities: sorted(entities) };
    }
    throw new StoreUnavailable(`the store ${this.location} changes faster than it can be read`);
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    let token: string | undefined;
    this.#signal.writing();
    try {
      token = await this.#committer.commit(commit);
    } finally {
      this.#signal.written(token);
      if (this.#lookAgain) void this.#look();
    }
  }

  async commitsAfter(generation: number): Promise<readonly Commit[] | undefined> {
    await this.#committer.settle();
    return this.#history.after(generation);
  }

  async history(): Promise<readonly Commit[]> {
    await this.#committer.settle();
    return this.#history.all();
  }

  watch(changed: () => void): () => void {
    const remove = this.#signal.add(changed);
    if (this.#connection.isClosed) return remove;
    this.#connection.subscribe(this.#keys.changed, () => void this.#look());
    void this.#look();
    this.#lookTimer ??= setInterval(() => void this.#look(), LOOK_INTERVAL_MS).unref();
    return () => {
      remove();
      if (!this.#signal.watched) this.#stopLooking();
    };
  }

  document(kind: string, key: string): Promise<StoredDocument | undefined> {
    return this.#documents.get(kind, key);
  }

  documents(kind: string): Promise<readonly StoredDocument[]> {
    return this.#documents.all(kind);
  }

  putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number; readonly ttlSeconds?: number } = {},
  ): Promise<StoredDocument> {
    return this.#documents.put(kind, key, value, options);
  }

  deleteDocument(kind: string, key: string): Promise<boolean> {
    return this.#documents.delete(kind, key);
  }

  async ping(): Promise<void> {
    await this.#history.head();
  }

  async close(): Promise<void> {
    this.#stopLooking();
    await this.#connection.close();
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        const moment = this.#signal.moment;
        const { token } = await this.#history.head();
        if (this.#signal.watched && !this.#signal.observed(token, moment)) this.#lookAgain = true;
        // A write is under way: its end looks again.
      } while (this.#lookAgain && !this.#signal.isWriting);
    } catch {
      // The next look may succeed; whoever reads or writes hears of it.
    } finally {
      this.#looking = false;
    }
  }

  #stopLooking(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
  }
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StoreUnavailable(`the certificates for the store cannot be read: ${(error as Error).message}`);
  }
}

async function decoded(texts: ReadonlyMap<string, string>): Promise<EntitiesById> {
  const entities: EntitiesById = new Map();
  const slices = new Slices();
  for (const [field, text] of texts) {
    const blank = field.indexOf(' ');
    if (blank < 1) throw new StoredValueError('entities', field, 'has no collection');
    const collection = field.slice(0, blank);
    const id = field.slice(blank + 1);
    collectionOf(entities, collection).set(id, decodeEntity(collection, id, text));
    await slices.took(text);
  }
  return entities;
}

function putOnTop(entities: EntitiesById, { change }: Commit): void {
  for (const { collection, id, after } of change) {
    if (after === null) collectionOf(entities, collection).delete(id);
    else collectionOf(entities, collection).set(id, after);
  }
}

function collectionOf(entities: EntitiesById, collection: string): Map<string, StoredEntity> {
  let byId = entities.get(collection);
  if (byId === undefined) entities.set(collection, (byId = new Map()));
  return byId;
}

function sorted(entities: EntitiesById): Map<string, StoredEntity[]> {
  const lists = new Map<string, StoredEntity[]>();
  for (const [collection, byId] of entities) {
    if (byId.size > 0)
      lists.set(
        collection,
        [...byId.values()].sort((a, b) => byText(a.id, b.id)),
      );
  }
  return lists;
}
