import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DataDirectory } from './data-directory.ts';

async function directory(t: TestContext): Promise<DataDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'cardinal-data-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return new DataDirectory(join(path, 'below', 'data'));
}

test('nothing is stored at first; what was stored last is read, for the owner alone', async (t) => {
  const data = await directory(t);
  assert.equal(await data.storedConfiguration(), undefined);
  await data.storeConfiguration('one');
  await data.storeConfiguration('two');
  assert.equal(await data.storedConfiguration(), 'two');
  assert.equal((await stat(data.configurationPath)).mode & 0o777, 0o600);
  assert.equal((await stat(data.path)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(data.path), ['configuration.yml']);
});

test('a write that fails leaves what was stored, and no remains', async (t) => {
  const data = await directory(t);
  await data.storeConfiguration('one');
  // The name it writes beside is taken by a folder.
  const { mkdir } = await import('node:fs/promises');
  await mkdir(`${data.configurationPath}.${process.pid}.tmp`);
  await assert.rejects(data.storeConfiguration('two'));
  assert.equal(await data.storedConfiguration(), 'one');
});

test('the node id is made once; one that is no id is replaced', async (t) => {
  const data = await directory(t);
  const id = await data.nodeId();
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(await new DataDirectory(data.path).nodeId(), id);
  await writeFile(join(data.path, 'node.id'), 'nonsense');
  assert.notEqual(await data.nodeId(), id);
});

test('what cannot be read is an error, not nothing', async (t) => {
  const data = await directory(t);
  await data.nodeId();
  await writeFile(join(data.path, 'file'), '');
  await assert.rejects(new DataDirectory(join(data.path, 'file')).storedConfiguration(), { code: 'ENOTDIR' });
});
