/**
 * Files that survive a power cut and are for the owner alone: written beside, synced, renamed, the folder synced.
 * A reader sees the old file or the new one, never a part. What is kept here are keys and credentials.
 */
const { mkdir, open, readFile, rename, unlink } = process.getBuiltinModule('node:fs/promises');
const { join } = process.getBuiltinModule('node:path');

/** Resolves when it would survive a power cut; rejects with the system error and then nothing has changed. */
export async function writeDurably(
  folder: string,
  name: string,
  content: string | AsyncIterable<string>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Always the same name: what a crash left behind is written over the next time.
  const beside = join(folder, `.${name}.tmp`);
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, join(folder, name));
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/** Undefined when there is none. Rejects with the system error otherwise. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
