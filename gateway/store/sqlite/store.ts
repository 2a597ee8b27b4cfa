/**
 * A store in one SQLite file, for one gateway (and the command line beside it). `node:sqlite` works synchronously
 * in the thread that calls it: that is the supervisor's, which no request passes through. A write of a few
 * entities holds it for the time of one fsync, and a lock that another process has is waited for outside of
 * SQLite; only the replacement of a whole configuration is noticeable, at some 10 us for each entity.
 *
 * WAL with synchronous=FULL: a commit is in the log and synced before it is acknowledged, so that it survives the
 * end of the process and, as far as the disk tells the truth about syncing, a power cut.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { ChangeSignal } from '../change-signal.ts';
import {
  type Commit,
  HISTORY_LENGTH,
  type Store,
  StoreConflict,
  type StoredDocument,
  type StoredState,
  StoreUnavailable,
} from '../contract.ts';
import { Slices } from '../slices.ts';
import {
  byText,
  checkCommit,
  decodeCommit,
  decodeDocument,
  decodeEntity,
  encodeValue,
  StoredValueError,
} from '../stored-value.ts';
import { asStoreError, isLocked } from './errors.ts';
import { FileIdentity, prepareFile } from './file.ts';
import { migrate } from './schema.ts';

/** How long SQLite itself may wait for a lock, which stops the thread; the rest is waited for between attempts. */
const BUSY_TIMEOUT_MS = 20;
const LOCK_PAUSE_MS = 25;
const LOCK_ATTEMPTS = 40;
const WATCH_INTERVAL_MS = 200;
/** The log is cut back to this after a large write. */
const LOG_SIZE_LIMIT = 16 * 1024 * 1024;

interface Head {
  readonly generation: number;
  /** Differs between two states of the store. */
  readonly text: string;
}

export class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly location: string;
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #identity: FileIdentity;
  readonly #signal = new ChangeSignal(headText(0, '', ''));
  readonly #statements: Statements;
  #watchTimer: NodeJS.Timeout | undefined;
  /** `PRAGMA data_version` when the head was last looked at: it changes with each commit of another connection. */
  #dataVersion: unknown;
  #closed = false;

  private constructor(path: string, database: DatabaseSync, now: () => number) {
    this.location = path;
    this.#database = database;
    this.#now = now;
    this.#identity = new FileIdentity(path);
    this.#statements = prepareStatements(database);
  }

  /** `path` is absolute. Rejects with StoreUnavailable or StoreFormatError. */
  static async open(path: string, now: () => number = Date.now): Promise<SqliteStore> {
    try {
      prepareFile(path);
    } catch (error) {
      throw asStoreError(error, path);
    }
    return withoutLock(path, () => {
      const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
        if (mode !== 'wal') {
          throw new StoreUnavailable(
            `the store ${path} is on a file system without shared memory: use a local disk`,
          );
        }
        database.exec(
          `PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT}`,
        );
        migrate(database, path);
        return new SqliteStore(path, database, now);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  async load(): Promise<StoredState> {
    this.#mustBeOpen();
    // A connection of its own: a read transaction keeps its view of the file over many turns of the event loop,
    // in which the other connection commits.
    const reader = await withoutLock(this.location, () => {
      const database = new DatabaseSync(this.location, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
      try {
        database.exec('BEGIN');
        return { database, head: readHead(database.prepare(HEAD)) };
      } catch (error) {
        database.close();
        throw error;
      }
    });
    try {
      const entities = new Map<string, StoredEntity[]>();
      const slices = new Slices();
      for (const row of reader.database.prepare('SELECT collection, id, value FROM entities').iterate()) {
        const { collection, id, value } = row as unknown as EntityRow;
        let list = entities.get(collection);
        if (list === undefined) entities.set(collection, (list = []));
        list.push(decodeEntity(collection, id, value));
        await slices.took(value);
      }
      for (const list of entities.values()) list.sort((a, b) => byText(a.id, b.id));
      this.#signal.loaded(reader.head.text);
      return { generation: reader.head.generation, entities };
    } catch (error) {
      throw asStoreError(error, this.location);
    } finally {
      reader.database.close();
    }
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    const { generation, node, hash } = commit;
    const text = encodeValue(commit);
    const values = commit.change.map(({ after }) => (after === null ? undefined : encodeValue(after)));
    const { advance, putEntity, deleteEntity, addCommit, trimCommits } = this.#statements;
    await this.#write(() => {
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
    const { newest, rows } = await this.#read(() => ({
      newest: this.#head().generation,
      rows: this.#statements.commitsAfter.all(generation) as unknown as CommitRow[],
    }));
    if (newest < generation || rows.length !== newest - generation) return undefined;
    return decodeRows(rows);
  }

  async history(): Promise<readonly Commit[]> {
    const rows = await this.#read(() => this.#statements.commits.all() as unknown as CommitRow[]);
    return decodeRows(rows);
  }

  watch(changed: () => void): () => void {
    const remove = this.#signal.add(changed);
    if (this.#watchTimer === undefined && !this.#closed) {
      this.#dataVersion = undefined;
      this.#watchTimer = setInterval(() => this.#look(), WATCH_INTERVAL_MS).unref();
    }
    return () => {
      remove();
      if (!this.#signal.watched) this.#stopWatching();
    };
  }

  async document(kind: string, key: string): Promise<StoredDocument | undefined> {
    const row = await this.#read(() => this.#documentRow(kind, key));
    return row === undefined ? undefined : decodeDocument(kind, key, row.version, row.value);
  }

  async documents(kind: string): Promise<readonly StoredDocument[]> {
    const rows = await this.#read(
      () => this.#statements.documents.all(kind, this.#now()) as unknown as DocumentRow[],
    );
    const documents: StoredDocument[] = [];
    const slices = new Slices();
    for (const { key, value, version } of rows) {
      documents.push(decodeDocument(kind, key, version, value));
      await slices.took(value);
    }
    return documents.sort((a, b) => byText(a.key, b.key));
  }

  async putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number; readonly ttlSeconds?: number } = {},
  ): Promise<StoredDocument> {
    const text = encodeValue(value);
    const { expected, ttlSeconds } = options;
    const version = await this.#write(() => {
      const now = this.#now();
      this.#statements.deleteEnded.run(now);
      const current = this.#documentRow(kind, key)?.version ?? 0;
      if (expected !== undefined && expected !== current) {
        throw new StoreConflict(`${kind} '${key}' is at version ${current}, not ${expected}`);
      }
      const expiresAt = ttlSeconds === undefined ? null : Math.ceil(now + ttlSeconds * 1000);
      this.#statements.putDocument.run(kind, key, text, current + 1, expiresAt);
      return current + 1;
    });
    return decodeDocument(kind, key, version, text);
  }

  async deleteDocument(kind: string, key: string): Promise<boolean> {
    return this.#write(() => this.#statements.deleteDocument.run(kind, key, this.#now()).changes > 0);
  }

  async ping(): Promise<void> {
    await this.#read(() => this.#head());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
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

  #documentRow(kind: string, key: string): DocumentRow | undefined {
    return this.#statements.document.get(kind, key, this.#now()) as unknown as DocumentRow | undefined;
  }

  /** `work` sees one state of the file and changes nothing. */
  #read<T>(work: () => T): Promise<T> {
    return this.#transaction('BEGIN', work);
  }

  #write<T>(work: () => T): Promise<T> {
    // IMMEDIATE takes the lock before anything is read: a transaction that reads first and then wants to write
    // cannot be made to wait when another process wrote meanwhile, it can only fail.
    return this.#transaction('BEGIN IMMEDIATE', () => {
      this.#identity.verify();
      return work();
    });
  }

  async #transaction<T>(begin: string, work: () => T): Promise<T> {
    return withoutLock(this.location, () => {
      this.#mustBeOpen();
      this.#database.exec(begin);
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk ends some transactions by itself.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreUnavailable(`the store ${this.location} is closed`);
  }
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

interface DocumentRow {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

const HEAD = 'SELECT generation, node, hash FROM head WHERE id = 1';
const LIVE = '(expires_at IS NULL OR expires_at > ?)';

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
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
    document: database.prepare(
      `SELECT key, value, version FROM documents WHERE kind = ? AND key = ? AND ${LIVE}`,
    ),
    documents: database.prepare(`SELECT key, value, version FROM documents WHERE kind = ? AND ${LIVE}`),
    putDocument: database.prepare(
      'INSERT OR REPLACE INTO documents (kind, key, value, version, expires_at) VALUES (?, ?, ?, ?, ?)',
    ),
    deleteDocument: database.prepare(`DELETE FROM documents WHERE kind = ? AND key = ? AND ${LIVE}`),
    deleteEnded: database.prepare('DELETE FROM documents WHERE expires_at <= ?'),
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

/**
 * Runs `work`, again and again for about two seconds while another process has the file locked. Rejects with
 * StoreUnavailable for whatever SQLite or the file system complains about.
 */
async function withoutLock<T>(path: string, work: () => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || attempt === LOCK_ATTEMPTS) throw asStoreError(error, path);
    }
    await pause(LOCK_PAUSE_MS);
  }
}
