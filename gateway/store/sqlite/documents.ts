/** Documents in a SQLite file. Those whose time is over are not there, and are deleted with the next write. */
import type { StatementSync } from 'node:sqlite';
import { StoreConflict, type StoredDocument } from '../contract.ts';
import { Slices } from '../slices.ts';
import { byText, decodeDocument, encodeValue } from '../stored-value.ts';
import type { SqliteDatabase } from './database.ts';

interface DocumentRow {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

const LIVE = '(expires_at IS NULL OR expires_at > ?)';

export class SqliteDocuments {
  readonly #database: SqliteDatabase;
  readonly #now: () => number;
  readonly #one: StatementSync;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteEnded: StatementSync;

  constructor(database: SqliteDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
    const columns = 'SELECT key, value, version FROM documents';
    this.#one = database.prepare(`${columns} WHERE kind = ? AND key = ? AND ${LIVE}`);
    this.#all = database.prepare(`${columns} WHERE kind = ? AND ${LIVE}`);
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO documents (kind, key, value, version, expires_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#delete = database.prepare(`DELETE FROM documents WHERE kind = ? AND key = ? AND ${LIVE}`);
    this.#deleteEnded = database.prepare('DELETE FROM documents WHERE expires_at <= ?');
  }

  async get(kind: string, key: string): Promise<StoredDocument | undefined> {
    const row = await this.#database.read(() => this.#row(kind, key));
    return row === undefined ? undefined : decodeDocument(kind, key, row.version, row.value);
  }

  async all(kind: string): Promise<readonly StoredDocument[]> {
    const rows = await this.#database.read(
      () => this.#all.all(kind, this.#now()) as unknown as DocumentRow[],
    );
    const documents: StoredDocument[] = [];
    const slices = new Slices();
    for (const { key, value, version } of rows) {
      documents.push(decodeDocument(kind, key, version, value));
      await slices.took(value);
    }
    return documents.sort((a, b) => byText(a.key, b.key));
  }

  /** As `Store.putDocument`. */
  async put(
    kind: string,
    key: string,
    value: unknown,
    { expected, ttlSeconds }: { readonly expected?: number; readonly ttlSeconds?: number },
  ): Promise<StoredDocument> {
    const text = encodeValue(value);
    const version = await this.#database.write(() => {
      const now = this.#now();
      this.#deleteEnded.run(now);
      const current = this.#row(kind, key)?.version ?? 0;
      if (expected !== undefined && expected !== current) {
        throw new StoreConflict(`${kind} '${key}' is at version ${current}, not ${expected}`);
      }
      const expiresAt = ttlSeconds === undefined ? null : Math.ceil(now + ttlSeconds * 1000);
      this.#put.run(kind, key, text, current + 1, expiresAt);
      return current + 1;
    });
    return decodeDocument(kind, key, version, text);
  }

  delete(kind: string, key: string): Promise<boolean> {
    return this.#database.write(() => this.#delete.run(kind, key, this.#now()).changes > 0);
  }

  #row(kind: string, key: string): DocumentRow | undefined {
    return this.#one.get(kind, key, this.#now()) as unknown as DocumentRow | undefined;
  }
}
