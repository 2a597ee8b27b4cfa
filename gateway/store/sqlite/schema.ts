/**
 * The tables, as the steps that lead from each version of them to the next. A step that was released is never
 * changed; a new one is put behind it.
 */
import type { DatabaseSync } from 'node:sqlite';
import { StoreFormatError } from '../format-error.ts';

/** `PRAGMA application_id` of our files: "CARD". */
export const APPLICATION_ID = 0x43_41_52_44;

/** The first makes version 1 out of an empty file. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    node TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  INSERT INTO head (id, generation, node, hash) VALUES (1, 0, '', '');
  CREATE TABLE entities (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (collection, id)
  ) STRICT;
  CREATE TABLE commits (
    generation INTEGER PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE documents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (kind, key)
  ) STRICT;
  CREATE INDEX documents_by_end ON documents (expires_at) WHERE expires_at IS NOT NULL;
  `,
];

/**
 * Brings the file to the newest version, all steps in one transaction. Throws a StoreFormatError when another
 * program or a newer version of this one made it. Several processes may do this at once.
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[] = MIGRATIONS,
): void {
  if (versionOf(database, path, migrations.length) === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Read again: another process may have migrated before this one got the lock.
    const version = versionOf(database, path, migrations.length);
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(database: DatabaseSync, path: string, newest: number): number {
  const version = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  if (application !== APPLICATION_ID) {
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
    if (application !== 0 || version !== 0 || tables !== 0) {
      throw new StoreFormatError(`${path} is a database of another program`);
    }
  }
  if (version > newest) {
    throw new StoreFormatError(
      `${path} was written by a newer version of Cardinal (its format is ${version}, this one knows ${newest}): upgrade, or restore a backup from before the upgrade`,
    );
  }
  return version;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
