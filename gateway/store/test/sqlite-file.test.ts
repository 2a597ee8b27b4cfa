/** The file of a SQLite store: who may read it, which files are refused, and what happens when it is in trouble. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Store, StoreUnavailable } from '../contract.ts';
import { StoreFormatError } from '../format-error.ts';
import { openStore } from '../open.ts';
import { APPLICATION_ID, MIGRATIONS, migrate } from '../sqlite/schema.ts';
import { StoredValueError } from '../stored-value.ts';
import { commitOf, entity } from './commits.ts';

const CHILD = fileURLToPath(new URL('./sqlite-child.ts', import.meta.url));

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(t: TestContext, path: string): Promise<Store> {
  const store = await openStore(`sqlite:${path}`);
  t.after(() => store.close());
  return store;
}

/** Changes the file behind the store's back. */
function edit(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

test('folder and files are for the owner alone', async (t) => {
  const folder = join(await folderFor(t), 'new', 'deep');
  const path = join(folder, 'cardinal.db');
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  const store = await opened(t, path);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  assert.equal(store.location, path);
  assert.equal(store.kind, 'sqlite');
  assert.equal(await modeOf(folder), '700');
  for (const name of [path, `${path}-wal`, `${path}-shm`]) assert.equal(await modeOf(name), '600', name);

  await store.close();
  await chmod(path, 0o644);
  await opened(t, path);
  assert.equal(await modeOf(path), '600', 'a copy that everybody could read');
});

test('every commit is synced before it is acknowledged', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  // Each connection has its own answer to `PRAGMA synchronous`: the store's is asked.
  const connections = new Set<DatabaseSync>();
  const { exec } = DatabaseSync.prototype;
  const watched = t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
    connections.add(this);
    return exec.call(this, sql);
  });
  await opened(t, path);
  watched.mock.restore();
  assert.equal(connections.size, 1);
  for (const connection of connections) {
    const FULL = 2;
    assert.equal(connection.prepare('PRAGMA synchronous').get()?.['synchronous'], FULL);
    assert.equal(connection.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
  }
});

test('what is not a store of ours is refused and left alone', async (t) => {
  const folder = await folderFor(t);
  const foreign = join(folder, 'foreign.db');
  edit(foreign, 'CREATE TABLE mine (x)');
  await assert.rejects(openStore(`sqlite:${foreign}`), (error: Error) => {
    assert.ok(error instanceof StoreFormatError);
    assert.match(error.message, /foreign\.db is a database of another program/);
    return true;
  });
  const other = join(folder, 'application.db');
  edit(other, 'PRAGMA application_id = 77');
  await assert.rejects(openStore(`sqlite:${other}`), StoreFormatError);

  const newer = join(folder, 'newer.db');
  await (await openStore(`sqlite:${newer}`)).close();
  edit(newer, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  await assert.rejects(openStore(`sqlite:${newer}`), (error: Error) => {
    assert.ok(error instanceof StoreFormatError);
    assert.match(error.message, /newer version of Cardinal \(its format is 2, this one knows 1\)/);
    return true;
  });
});

test('an older file is brought to the newest version, all of it or not at all', async (t) => {
  const path = join(await folderFor(t), 'old.db');
  const first = 'CREATE TABLE a (x); INSERT INTO a VALUES (1)';
  const second = 'ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1';
  const database = new DatabaseSync(path);
  t.after(() => database.close());
  const version = (): unknown => database.prepare('PRAGMA user_version').get()?.['user_version'];

  migrate(database, path, [first]);
  assert.equal(version(), 1);
  assert.throws(() => migrate(database, path, [first, second, 'CREATE TABLE a (again)']));
  assert.equal(version(), 1);
  assert.deepEqual({ ...database.prepare('SELECT * FROM a').get() }, { x: 1 });
  migrate(database, path, [first, second]);
  migrate(database, path, [first, second]);
  assert.equal(version(), 2);
  assert.deepEqual({ ...database.prepare('SELECT * FROM a').get() }, { x: 1, y: 2 });
  assert.equal(database.prepare('PRAGMA application_id').get()?.['application_id'], APPLICATION_ID);
});

test('several processes can make the file at the same time', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  const stores = await Promise.all(Array.from({ length: 4 }, () => opened(t, path)));
  await stores[0]?.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  for (const store of stores) assert.equal((await store.load()).generation, 1);
});

test('what cannot be opened is said with its path and a reason', async (t) => {
  const folder = await folderFor(t);
  const garbage = join(folder, 'garbage.db');
  await writeFile(garbage, 'this is no database, it only has the length of one. '.repeat(100));
  const directory = join(folder, 'directory.db');
  await mkdir(directory);
  const below = join(garbage, 'below.db');
  for (const [path, reason] of [
    [garbage, /garbage\.db is not a SQLite database, or is damaged/],
    [directory, /directory\.db/],
    [below, /below\.db cannot be used: (ENOTDIR|EEXIST)/],
  ] as const) {
    await assert.rejects(openStore(`sqlite:${path}`), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable, `${path}: ${error.stack}`);
      assert.match(error.message, reason);
      return true;
    });
  }
});

test('a file that is damaged in the middle is an error of the reader, not the end of the process', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  const store = await openStore(`sqlite:${path}`);
  await store.commit(
    commitOf(
      1,
      Array.from({ length: 500 }, (_, index) => ({ id: `s${index}`, value: 'x'.repeat(200) })),
    ),
  );
  await store.close();
  const size = (await stat(path)).size;
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(size - 3 * 4096, 0x5a), 0, size - 3 * 4096, 3 * 4096);
  await file.close();
  const damaged = await opened(t, path).catch((error: unknown) => {
    assert.ok(error instanceof StoreUnavailable);
    return undefined;
  });
  if (damaged !== undefined) await assert.rejects(damaged.load(), /damaged/);
});

test('a value that was edited by hand is named, and the rest can be used', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  const store = await opened(t, path);
  await store.commit(
    commitOf(1, [
      { id: 'good', value: 1 },
      { id: 'bad', value: 1 },
    ]),
  );
  await store.putDocument('token', 'good', 1);
  await store.putDocument('token', 'bad', 1);
  const broken = async (sql: string, call: () => Promise<unknown>, collection: string, id: string) => {
    edit(path, sql);
    await assert.rejects(call, (error: Error) => {
      assert.ok(error instanceof StoredValueError, error.stack);
      assert.deepEqual([error.collection, error.id], [collection, id]);
      assert.match(error.message, new RegExp(`${collection} '${id}'`));
      return true;
    });
  };
  const values = ['{"id":"bad","val', 'null', '[]', '7', '{"id":"other"}', '', '{"value":1}'];
  for (const value of values) {
    await broken(
      `UPDATE entities SET value = '${value}' WHERE id = 'bad'`,
      () => store.load(),
      'services',
      'bad',
    );
  }
  await broken(
    `UPDATE documents SET value = '{"cut' WHERE key = 'bad'`,
    () => store.document('token', 'bad'),
    'documents of token',
    'bad',
  );
  await assert.rejects(store.documents('token'), StoredValueError);
  assert.equal((await store.document('token', 'good'))?.value, 1);
  for (const value of ['{"cut', '{}', '{"generation":2}', '{"generation":1}', '[]']) {
    await broken(`UPDATE commits SET value = '${value}'`, () => store.history(), 'commits', '1');
    await assert.rejects(store.commitsAfter(0), StoredValueError);
  }
  await broken('DELETE FROM head', () => store.ping(), 'head', '1');
  edit(path, "INSERT INTO head VALUES (1, 9007199254740993, '', '')");
  await assert.rejects(store.ping(), StoreUnavailable);
  edit(path, 'UPDATE head SET generation = 1');
  await store.commit(commitOf(2, [{ id: 'bad', value: 'repaired' }]));
  assert.equal((await entity(store, 'services', 'bad'))?.['value'], 'repaired');
  edit(path, 'DROP TABLE commits');
  await assert.rejects(store.history(), StoreUnavailable);
});

test('a lock of another process is waited for', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  const store = await opened(t, path);
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const waiting = store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  setTimeout(() => other.exec('COMMIT'), 60);
  await waiting;
  assert.equal((await store.load()).generation, 1);

  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(store.commit(commitOf(2, [{ id: 'a', value: 2 }])), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /is locked by another process/);
    return true;
  });
  assert.equal((await store.load()).generation, 1, 'reading needs no lock');
  other.exec('ROLLBACK');
  await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
});

test('a file that is replaced or removed takes no more commits', async (t) => {
  const folder = await folderFor(t);
  const path = join(folder, 'cardinal.db');
  const store = await opened(t, path);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  const kept = join(folder, 'kept.db');
  await copyFile(path, kept);
  await rename(kept, path);
  await assert.rejects(store.commit(commitOf(2, [])), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /was replaced by another file/);
    return true;
  });
  await unlink(path);
  await assert.rejects(store.commit(commitOf(2, [])), /was removed/);
});

test('a file that cannot be written to is refused when it is opened', async (t) => {
  const folder = await folderFor(t);
  const path = join(folder, 'cardinal.db');
  await (await openStore(`sqlite:${path}`)).close();
  await chmod(path, 0o444);
  await chmod(folder, 0o555);
  const { lines } = await runChild(['open', path]);
  await chmod(folder, 0o755);
  assert.match(
    lines.join('\n'),
    /^StoreUnavailable the store .*cardinal\.db (can only be read|cannot be opened)/,
  );
});

test('a disk that takes no more is an error of the writer; what was acknowledged stays', async (t) => {
  const path = join(await folderFor(t), 'cardinal.db');
  await (await openStore(`sqlite:${path}`)).close();
  // Blocks of 512 bytes that a file may have: the system's own limit stands for the end of a disk.
  const { lines, code } = await runChild(['fill', path], 'ulimit -f 1200; ');
  assert.equal(code, 0, lines.join('\n'));
  const acknowledged = lines.filter((line) => /^\d+$/.test(line)).map(Number);
  assert.match(
    lines.at(-2) ?? '',
    /^StoreUnavailable the store .*cardinal\.db cannot (grow|be read or written)/,
  );
  assert.equal(lines.at(-1), `readable ${acknowledged.at(-1)}`);
  const store = await opened(t, path);
  assert.equal((await store.load()).generation, acknowledged.at(-1));
  await store.commit(commitOf((acknowledged.at(-1) ?? 0) + 1, [{ id: 'after', value: 1 }]));
  assert.ok(existsSync(path));
});

function runChild(args: readonly string[], before = ''): Promise<{ lines: string[]; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${before}exec "$@"`, 'sh', process.execPath, CHILD, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ lines: output.trimEnd().split('\n'), code }));
  });
}
