/**
 * A store in one SQLite file, for one gateway (and the command line beside it). `node:sqlite` works synchronously
 * in the thread that calls it: that is the supervisor's, which no request passes through. A write of a few
 * entities holds it for the time of one fsync; only the replacement of a whole configuration is noticeable, at some
 * 15 us for each entity.
 *
 * WAL with synchronous=FULL: a commit is in the log and synced before it is acknowledged, so that it survives the
 * end of the process and, as far as the disk tells the truth about syncing, a power cut.
 */
import type { StatementSync } from 'node:sqlite';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { ChangeSignal } from '../change-signal.ts';
import {
  type Commit,
  HISTORY_LENGTH,
  type Store,
  StoreConflict,
  type StoredDocument,
  type StoredState,
} from '../contract.ts';
import { Slices } from '../slices.ts';
import {
  byText,
  checkCommit,
  decodeCommit,
  decodeEntity,
  encodeValue,
  StoredValueError,
} from '../stored-value.ts';
import { SqliteDatabase } from './database.ts';
import { SqliteDocuments } from './documents.ts';
import { asStoreError } from './errors.ts';

const WATCH_INTERVAL_MS = 200;

interface Head {
  readonly generation: number;
  /** Differs between two states of the store. */
  readonly text: string;
}

interface EntityRow {
  readonly collection: string;
  readonly id: string;
  readonly value: string;
}

interface CommitRow {
  readonly generation: number;
  readonly value: string;
}

const HEAD = 'SELECT generation, node, hash FROM head WHERE id = 1';
const ENTITIES = 'SELECT collection, id, value FROM entities';

export class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly location: string;
  readonly #database: SqliteDatabase;
  readonly #documents: SqliteDocuments;
  readonly #statements: Statements;
  readonly #signal = new ChangeSignal(headText(0, '', ''));
  #watchTimer: NodeJS.Timeout | undefined;
  /** `PRAGMA data_version` when the head was last looked at: it changes with each commit of another connection. */
  #dataVersion: unknown;

  private constructor(database: SqliteDatabase, now: () => number) {
    this.location = database.path;
    this.#database = database;
    this.#documents = new SqliteDocuments(database, now);
    this.#statements = prepareStatements(database);
  }

  /** `path` is absolute. Rejects with StoreUnavailable or StoreFormatError. */
  static async open(path: string, now: () => number = Date.now): Promise<SqliteStore> {
    const database = await SqliteDatabase.open(path);
    try {
      return new SqliteStore(database, now);
    } catch (error) {
      database.close();
      throw asStoreError(error, path);
    }
  }

  async load(): Promise<StoredState> {
    const { connection, result: head } = await this.#database.snapshot((opened) =>
      readHead(opened.prepare(HEAD)),
    );
    try {
      const entities = new Map<string, StoredEntity[]>();
      const slices = new Slices();
      for (const row of connection.prepare(ENTITIES).iterate()) {
        const { collection, id, value } = row as unknown as EntityRow;
        let list = entities.get(collection);
        if (list === undefined) entities.set(collection, (list = []));
        list.push(decodeEntity(collection, id, value));
        await slices.took(value);
      }
      for (const list of entities.values()) list.sort((a, b) => byText(a.id, b.id));
      this.#signal.loaded(head.text);
      return { generation: head.generation, entities };
    } catch (error) {
      throw asStoreError(error, this.location);
    } finally {
      connection.close();
    }
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    const { generation, node, hash } = commit;
    const text = encodeValue(commit);
    const values = commit.change.map(({ after }) => (after === null ? undefined : encodeValue(after)));
    const { advance, putEntity, deleteEntity, addCommit, trimCommits } = this.#statements;
    await this.#database.write(() => {
      if (advance.run(generation, node, hash, generation - 1).changes === 0) {
        throw new StoreConflict(
          `the store is at generation ${this.#head().generation}, generation ${generation} cannot follow`,
        );
      }
      for (const [index, { collection, id }] of commit.change.entries()) {
        const value = values[index];
        if (value === undefined) deleteEntity.run(collection, id);
        else putEntity.run(collection, id, value);
      }
      addCommit.run(generation, text);
      trimCommits.run(generation - HISTORY_LENGTH);
    });
    this.#signal.writing();
    this.#signal.written(headText(generation, node, hash));
  }

  async commitsAfter(generation: number): Promise<readonly Commit[] | undefined> {
    const { newest, rows } = await this.#database.read(() => ({
      newest: this.#head().generation,
      rows: this.#statements.commitsAfter.all(generation) as unknown as CommitRow[],
    }));
    if (newest < generation || rows.length !== newest - generation) return undefined;
    return decodeRows(rows);
  }

  async history(): Promise<readonly Commit[]> {
    const rows = await this.#database.read(() => this.#statements.commits.all() as unknown as CommitRow[]);
    return decodeRows(rows);
  }

  watch(changed: () => void): () => void {
    const remove = this.#signal.add(changed);
    if (this.#watchTimer === undefined && !this.#database.isClosed) {
      this.#dataVersion = undefined;
      this.#watchTimer = setInterval(() => this.#look(), WATCH_INTERVAL_MS).unref();
    }
    return () => {
      remove();
      if (!this.#signal.watched) this.#stopWatching();
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
    await this.#database.read(() => this.#head());
  }

  async close(): Promise<void> {
    this.#stopWatching();
    this.#database.close();
  }

  #look(): void {
    try {
      const moment = this.#signal.moment;
      const version = this.#statements.dataVersion.get()?.['data_version'];
      if (version === this.#dataVersion) return;
      const head = this.#head();
      this.#dataVersion = version;
      this.#signal.observed(head.text, moment);
    } catch {
      // The next look may succeed; whoever reads or writes hears of it.
    }
  }

  #stopWatching(): void {
    clearInterval(this.#watchTimer);
    this.#watchTimer = undefined;
  }

  #head(): Head {
    return readHead(this.#statements.head);
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: SqliteDatabase) {
  return {
    dataVersion: database.prepare('PRAGMA data_version'),
    head: database.prepare(HEAD),
    advance: database.prepare('UPDATE head SET generation = ?, node = ?, hash = ? WHERE generation = ?'),
    putEntity: database.prepare(
      'INSERT INTO entities (collection, id, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ),
    deleteEntity: database.prepare('DELETE FROM entities WHERE collection = ? AND id = ?'),
    addCommit: database.prepare('INSERT INTO commits (generation, value) VALUES (?, ?)'),
    trimCommits: database.prepare('DELETE FROM commits WHERE generation <= ?'),
    commits: database.prepare('SELECT generation, value FROM commits ORDER BY generation DESC'),
    commitsAfter: database.prepare(
      'SELECT generation, value FROM commits WHERE generation > ? ORDER BY generation',
    ),
  } as const;
}

function readHead(statement: StatementSync): Head {
  const row = statement.get();
  if (row === undefined) throw new StoredValueError('head', '1', 'is not there');
  const { generation, node, hash } = row as { generation: number; node: string; hash: string };
  return { generation, text: headText(generation, node, hash) };
}

function headText(generation: number, node: string, hash: string): string {
  return `${generation} ${node} ${hash}`;
}

async function decodeRows(rows: readonly CommitRow[]): Promise<Commit[]> {
  const commits: Commit[] = [];
  const slices = new Slices();
  for (const { generation, value } of rows) {
    commits.push(decodeCommit(generation, value));
    await slices.took(value);
  }
  return commits;
}
