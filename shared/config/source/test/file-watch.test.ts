import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchFile } from '../file-watch.ts';

async function watched(t: TestContext, prepare: (path: string, folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-watch-'));
  const path = join(folder, 'kong.yml');
  await prepare(path, folder);
  let changes = 0;
  let wake = (): void => {};
  const watch = await watchFile({
    path,
    debounceMs: 5,
    pollMs: 50,
    onChange: () => {
      changes++;
      wake();
    },
  });
  t.after(async () => {
    watch.close();
    await rm(folder, { recursive: true });
  });
  return {
    path,
    folder,
    count: () => changes,
    changed: async (least: number) => {
      while (changes < least) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test('a file written in place, and one renamed over it as editors do', async (t) => {
  const { path, folder, changed } = await watched(t, (file) => writeFile(file, 'one'));
  await writeFile(path, 'two, longer');
  await changed(1);
  await writeFile(join(folder, 'kong.yml~'), 'three');
  await rename(join(folder, 'kong.yml~'), path);
  await changed(2);
});

test('a file that is removed and made anew', async (t) => {
  const { path, changed } = await watched(t, (file) => writeFile(file, 'one'));
  await unlink(path);
  await writeFile(path, 'two');
  await changed(1);
});

test('a symbolic link that is swapped below the file, as mounted volumes do', async (t) => {
  const { folder, changed } = await watched(t, async (file, dir) => {
    await writeFile(join(dir, 'v1'), 'one');
    await writeFile(join(dir, 'v2'), 'two');
    await symlink('v1', join(dir, 'current'));
    await symlink('current', file);
  });
  await symlink('v2', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'current'));
  await changed(1);
});

test('other files of the folder are no change', async (t) => {
  const { path, folder, count, changed } = await watched(t, (file) => writeFile(file, 'one'));
  await writeFile(join(folder, 'other'), 'x');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(count(), 0);
  await writeFile(path, 'two');
  await changed(1);
});
