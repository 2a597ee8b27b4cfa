/** The page that is tested is the one of the sources that are there: it is built when it is older than they are. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');
/** Test files run side by side; one of them builds. */
const LOCK = resolve(ROOT, '../node_modules/.cardinal-ui-build');
const LONGEST_BUILD_MS = 60_000;

export async function built(): Promise<void> {
  const deadline = Date.now() + LONGEST_BUILD_MS;
  while (isStale()) {
    try {
      mkdirSync(LOCK);
    } catch {
      if (Date.now() > deadline)
        throw new Error(`another build does not end; if there is none, remove ${LOCK}`);
      await wait(100);
      continue;
    }
    try {
      if (!isStale()) return;
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'build/run.ts')], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`the admin UI does not build\n${stdout}${stderr}`);
    } finally {
      rmdirSync(LOCK);
    }
  }
}

function isStale(): boolean {
  const list = statSync(join(ROOT, 'dist/files.json'), { throwIfNoEntry: false });
  if (list === undefined) return true;
  const sources = ['src', 'build'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    ),
  );
  return [...sources, join(ROOT, 'index.html'), join(ROOT, 'vite.config.ts')].some(
    (path) => statSync(path).mtimeMs > list.mtimeMs,
  );
}
