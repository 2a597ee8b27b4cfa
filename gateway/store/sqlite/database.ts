/**
 * The connection to the file of a store, with transactions that are whole or have not happened. SQLite works in the
 * thread that calls it, so a lock that another process has is waited for outside of SQLite, between attempts.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../contract.ts';
import { asStoreError, isLocked } from './errors.ts';
import { FileIdentity, prepareFile } from './file.ts';
import { migrate } from './schema.ts';

/** How long SQLite itself may wait for a lock, which stops the thread. */
const BUSY_TIMEOUT_MS = 20;
const LOCK_PAUSE_MS = 25;
const LOCK_ATTEMPTS = 40;
/** The log is cut back to this after a large write. */
const LOG_SIZE_LIMIT = 16 * 1024 * 1024;

export class SqliteDatabase {
  /** Absolute. */
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #identity: FileIdentity;
  #closed = false;

  private constructor(path: string, connection: DatabaseSync) {
    this.path = path;
    this.#connection = connection;
    this.#identity = new FileIdentity(path);
  }

  /** Makes the file when there is none. Rejects with StoreUnavailable or StoreFormatError. */
  static async open(path: string): Promise<SqliteDatabase> {
    try {
      prepareFile(path);
    } catch (error) {
      throw asStoreError(error, path);
    }
    return withoutLock(path, () => {
      const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
        if (mode !== 'wal') {
          throw new StoreUnavailable(
            `the store ${path} is on a file system without shared memory: use a local disk`,
          );
        }
        connection.exec(
          `PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT}`,
        );
        migrate(connection, path);
        return new SqliteDatabase(path, connection);
      } catch (error) {
        connection.close();
        throw error;
      }
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  /** `work` sees one state of the file and changes nothing. */
  read<T>(work: () => T): Promise<T> {
    return this.#transaction('BEGIN', work);
  }

  /** All that `work` does, or nothing. Resolves when it is on the disk. */
  write<T>(work: () => T): Promise<T> {
    // IMMEDIATE takes the lock before anything is read: a transaction that reads first and then wants to write
    // cannot be made to wait when another process wrote meanwhile, it can only fail.
    return this.#transaction('BEGIN IMMEDIATE', () => {
      this.#identity.verify();
      return work();
    });
  }

  /**
   * A connection of its own in a read transaction, for reading over many turns of the event loop in which this one
   * commits. `first` is run in it, and decides which state is seen. To be closed by the caller.
   */
  async snapshot<T>(
    first: (connection: DatabaseSync) => T,
  ): Promise<{ readonly connection: DatabaseSync; readonly result: T }> {
    this.#mustBeOpen();
    return withoutLock(this.path, () => {
      const connection = new DatabaseSync(this.path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
      try {
        connection.exec('BEGIN');
        return { connection, result: first(connection) };
      } catch (error) {
        connection.close();
        throw error;
      }
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  #transaction<T>(begin: string, work: () => T): Promise<T> {
    return withoutLock(this.path, () => {
      this.#mustBeOpen();
      this.#connection.exec(begin);
      try {
        const result = work();
        this.#connection.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk ends some transactions by itself.
        if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreUnavailable(`the store ${this.path} is closed`);
  }
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
