/**
 * Who changed what through the Admin API: one JSON object a line, in a file that is for the owner alone and bounded (it
 * is moved aside at a size, and a few of those are kept). Never holds a body, a query or a secret. A disk that
 * fails costs lines, which the process log says, and never an answer.
 */
import { mkdirSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineWriter } from '../../../shared/observe/line-writer.ts';

export type AuditEvent =
  | 'request'
  | 'login'
  | 'login_refused'
  | 'logout'
  | 'token_created'
  | 'token_revoked'
  | 'refused';

export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: AuditEvent;
  /** Name of the token; `local` when none was needed; null when nobody is known. */
  readonly actor: string | null;
  readonly token_id: string | null;
  readonly via: 'open' | 'token' | 'session' | null;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  /** Null: the client went away before there was an answer. */
  readonly status: number | null;
  readonly duration_ms: number;
  /** Id and name of the token that was made or revoked, and why something was refused. */
  readonly detail?: Readonly<Record<string, string | null>>;
}

export interface AuditLogOptions {
  readonly path: string;
  /** Size at which the file is moved aside. Default 10 MiB. */
  readonly maxBytes?: number;
  /** How many of those are kept beside it. Default 5. */
  readonly keep?: number;
  readonly onError: (error: unknown) => void;
}

const READ_BYTES = 64 * 1024;
/** A reader looks at no more than this. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

export class AuditLog {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #onError: (error: unknown) => void;
  readonly #writer: LineWriter;
  #begun = false;
  #bytes = 0;
  #moving: Promise<void> | undefined;

  constructor(options: AuditLogOptions) {
    this.#path = options.path;
    this.#maxBytes = options.maxBytes ?? 10 * 1024 * 1024;
    this.#keep = options.keep ?? 5;
    this.#onError = options.onError;
    this.#writer = new LineWriter({
      path: options.path,
      mode: 0o600,
      flushIntervalMs: 10,
      onError: (error) => this.#onError(error),
    });
  }

  write(entry: AuditEntry): void {
    if (!this.#begun) this.#begin();
    const line = JSON.stringify(entry);
    this.#bytes += Buffer.byteLength(line) + 1;
    this.#writer.write(line);
    if (this.#bytes >= this.#maxBytes) this.#moving ??= this.#moveAside();
  }

  async flush(): Promise<void> {
    await this.#writer.flush();
    await this.#moving;
  }

  /** Newest first. */
  async read(limit: number): Promise<readonly AuditEntry[]> {
    await this.flush();
    const entries: AuditEntry[] = [];
    let budget = MAX_READ_BYTES;
    for (let i = 0; i <= this.#keep && entries.length < limit && budget > 0; i++) {
      const path = i === 0 ? this.#path : `${this.#path}.${i}`;
      budget = await readBackwards(path, budget, (line) => {
        const entry = entryOf(line);
        if (entry !== undefined) entries.push(entry);
        return entries.length < limit;
      });
    }
    return entries;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#writer.close();
  }

  /** Once, with the first line: a gateway that nobody changes leaves no file. */
  #begin(): void {
    this.#begun = true;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    } catch (error) {
      this.#onError(error);
    }
  }

  async #moveAside(): Promise<void> {
    try {
      await this.#writer.flush();
      for (let i = this.#keep - 1; i >= 0; i--) {
        const from = i === 0 ? this.#path : `${this.#path}.${i}`;
        await rename(from, `${this.#path}.${i + 1}`).catch(ignoreMissing);
      }
      this.#writer.reopen();
      this.#bytes = 0;
    } catch (error) {
      // Tried again after as many bytes again.
      this.#bytes = 0;
      this.#onError(error);
    } finally {
      this.#moving = undefined;
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Gives the lines of a file from the last one on until `take` says no; returns what is left of the budget. */
async function readBackwards(path: string, budget: number, take: (line: string) => boolean): Promise<number> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    ignoreMissing(error as NodeJS.ErrnoException);
    return budget;
  }
  try {
    let position = (await file.stat()).size;
    let rest: Buffer = Buffer.alloc(0);
    let left = budget;
    while (position > 0 && left > 0) {
      const length = Math.min(READ_BYTES, position, left);
      position -= length;
      left -= length;
      const chunk = Buffer.alloc(length);
      await file.read(chunk, 0, length, position);
      let bytes = Buffer.concat([chunk, rest]);
      for (let at = bytes.lastIndexOf(0x0a); at >= 0; at = bytes.lastIndexOf(0x0a)) {
        const line = bytes.toString('utf8', at + 1);
        bytes = bytes.subarray(0, at);
        if (line !== '' && !take(line)) return 0;
      }
      rest = Buffer.from(bytes);
    }
    if (position === 0 && rest.length > 0 && !take(rest.toString())) return 0;
    return left;
  } finally {
    await file.close();
  }
}

function entryOf(line: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}
