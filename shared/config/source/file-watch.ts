/**
 * Notices that a file has become another one: written in place, renamed over (as editors and `mv` do),
 * removed and made anew, or reached through a symbolic link that was swapped (mounted configuration
 * volumes). It watches the directory and looks at the file a moment after anything happened there, and
 * every few seconds in any case, for file systems that do not notify.
 */
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

const { watch } = process.getBuiltinModule('node:fs');
const { stat } = process.getBuiltinModule('node:fs/promises');

export interface FileWatchOptions {
  readonly path: string;
  readonly onChange: () => void;
  /** Quiet time before the file is looked at. Default 100. */
  readonly debounceMs?: number;
  /** Default 5,000. */
  readonly pollMs?: number;
}

export interface FileWatch {
  close(): void;
}

/** Resolves once the present state of the file is known: changes from then on are noticed. */
export async function watchFile(options: FileWatchOptions): Promise<FileWatch> {
  const debounceMs = options.debounceMs ?? 100;
  let known = await fingerprint(options.path);
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    timer = undefined;
    const now = await fingerprint(options.path);
    // A file that is missing is in the middle of being replaced, or gone: keep what is running.
    if (closed || now === undefined || now === known) return;
    known = now;
    options.onChange();
  };
  const schedule = (): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), debounceMs);
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(options.path), { persistent: false }, schedule);
    watcher.on('error', () => watcher?.close());
  } catch {
    // No notifications to be had (inotify limit, file system): polling is left.
  }
  const poll = setInterval(() => {
    if (timer === undefined) void look();
  }, options.pollMs ?? 5_000);
  poll.unref();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(poll);
      watcher?.close();
    },
  };
}

async function fingerprint(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino}|${size}|${mtimeMs}|${ctimeMs}`;
  } catch {
    return undefined;
  }
}
