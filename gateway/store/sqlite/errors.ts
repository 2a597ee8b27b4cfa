/** What SQLite's result codes mean for whoever runs the gateway. */
import { StoreUnavailable } from '../contract.ts';

/** https://www.sqlite.org/rescode.html: primary result codes. */
const BUSY = 5;
const LOCKED = 6;
const PROBLEMS: ReadonlyMap<number, string> = new Map([
  [1, 'lacks a part of what a store consists of: restore a backup'],
  [3, 'may not be opened by this user'],
  [BUSY, 'is locked by another process'],
  [LOCKED, 'is locked by another process'],
  [7, 'needs more memory than there is'],
  [8, 'can only be read: the file or its folder is read-only for this user'],
  [10, 'cannot be read or written: the disk or the file system fails, or a limit is reached'],
  [11, 'is damaged: restore a backup'],
  [13, 'cannot grow: the disk is full'],
  [14, 'cannot be opened: check that its folder is there and that this user may write to it'],
  [15, 'cannot be locked: the file system does not support it'],
  [26, 'is not a SQLite database, or is damaged: restore a backup or name another file'],
]);

export function isLocked(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

/** StoreUnavailable for what SQLite or the file system says; everything else as it is. */
export function asStoreError(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code !== undefined) {
    const problem = PROBLEMS.get(code) ?? `cannot be used: ${(error as Error).message}`;
    return new StoreUnavailable(`the store ${path} ${problem}`, error);
  }
  const { code: name, syscall, message } = error as NodeJS.ErrnoException;
  if (name === 'ERR_OUT_OF_RANGE') {
    return new StoreUnavailable(`the store ${path} is damaged: ${message}: restore a backup`, error);
  }
  if (syscall !== undefined)
    return new StoreUnavailable(`the store ${path} cannot be used: ${message}`, error);
  return error;
}

function primaryCode(error: unknown): number | undefined {
  const errcode = (error as { readonly errcode?: unknown }).errcode;
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
