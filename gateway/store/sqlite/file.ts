/**
 * The file of a store as a file: made for its owner alone, because a configuration holds credentials; and
 * noticed when somebody puts another one in its place.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailable } from '../contract.ts';

const OWNER_ALONE = 0o600;

/** Makes folder and file when they are not there. Throws the system's errors. */
export function prepareFile(path: string): void {
  const folder = dirname(path);
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isNew = !existsSync(path);
  // SQLite would make it with the process's umask, and gives -wal and -shm the permissions of the file.
  closeSync(openSync(path, isNew ? 'a' : 'r', OWNER_ALONE));
  if (isNew) syncFolder(folder);
  if (made !== undefined) syncFolder(dirname(made));
  for (const name of [path, `${path}-wal`, `${path}-shm`]) forOwnerAlone(name);
}

/** A backup that was copied back often has the permissions of the copying user's umask. */
function forOwnerAlone(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o077) === 0 || stats.uid !== process.geteuid?.()) return;
  chmodSync(path, stats.mode & 0o700);
}

/** The entry of a new file survives a power cut only when its folder is synced. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export class FileIdentity {
  readonly #path: string;
  readonly #inode: number;
  readonly #device: number;

  constructor(path: string) {
    const stats = statSync(path);
    this.#path = path;
    this.#inode = stats.ino;
    this.#device = stats.dev;
  }

  /**
   * Throws StoreUnavailable when the path names another file by now, or none: what is written to the one that is
   * open would be lost without a word.
   */
  verify(): void {
    const stats: Stats | undefined = statSync(this.#path, { throwIfNoEntry: false });
    if (stats?.ino === this.#inode && stats.dev === this.#device) return;
    const what = stats === undefined ? 'was removed' : 'was replaced by another file';
    throw new StoreUnavailable(`the store ${this.#path} ${what} while it was in use: start again to use it`);
  }
}
