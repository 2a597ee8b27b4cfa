/**
 * Appends lines to a file in batches, off the request path. `write` only queues; at most one write call
 * is under way, each batch is one `write(2)` on a descriptor opened with O_APPEND, so that several
 * workers' batches do not mix. When the disk is slower than the traffic the newest lines are dropped and
 * counted. A file that cannot be opened or written is tried again with the next batch.
 */
import type { FileHandle } from 'node:fs/promises';

const { constants } = process.getBuiltinModule('node:fs');
const { open } = process.getBuiltinModule('node:fs/promises');

export interface LineWriterOptions {
  readonly path: string;
  /** Permissions of a file that is made. Default 0644. */
  readonly mode?: number;
  /** How long a line may wait for company. Default 100. */
  readonly flushIntervalMs?: number;
  /** A batch of this size goes at once. Default 256 KiB. */
  readonly batchBytes?: number;
  /** Lines past this many waiting bytes are dropped. Default 8 MiB. */
  readonly maxQueueBytes?: number;
  /** Opens the file anew for every batch, so that a file that was moved away is let go. Default false. */
  readonly reopen?: boolean;
  /** Told about each failed batch; must not throw. */
  readonly onError?: (error: Error, lostLines: number) => void;
}

interface Batch {
  readonly bytes: Buffer;
  used: number;
  lines: number;
}

const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
const DEFAULT_MODE = 0o644;
const openWriters = new Set<LineWriter>();

/** Resolves when every line that any writer has taken is on its way to the disk; for shut-down. */
export async function flushLineWriters(): Promise<void> {
  await Promise.all([...openWriters].map((writer) => writer.flush()));
}

export class LineWriter {
  readonly #path: string;
  readonly #mode: number;
  readonly #flushIntervalMs: number;
  readonly #batchBytes: number;
  readonly #maxQueueBytes: number;
  readonly #reopen: boolean;
  readonly #onError: (error: Error, lostLines: number) => void;
  /** Full batches that wait, oldest first. */
  #full: Batch[] = [];
  #filling: Batch | undefined;
  /** The buffer of the last batch, to be used again. */
  #spare: Buffer | undefined;
  /** Bytes of both. */
  #queueBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #handle: FileHandle | undefined;
  #stale = false;
  #running: Promise<void> | undefined;
  #closed = false;
  /** Lines that were queued, and those of them that a failing disk has lost. */
  #taken = 0;
  #lost = 0;
  /** Lines that never reached the file: the queue was full, the disk failed, or it was closed. */
  dropped = 0;
  /** Lines that did. */
  written = 0;

  constructor(options: LineWriterOptions) {
    this.#path = options.path;
    this.#mode = options.mode ?? DEFAULT_MODE;
    this.#flushIntervalMs = options.flushIntervalMs ?? 100;
    this.#batchBytes = options.batchBytes ?? 256 * 1024;
    this.#maxQueueBytes = options.maxQueueBytes ?? 8 * 1024 * 1024;
    this.#reopen = options.reopen ?? false;
    this.#onError = options.onError ?? (() => {});
    openWriters.add(this);
  }

  /** Queues a line; a line feed is added. False when it was dropped. */
  write(line: string): boolean {
    // No character needs more than three bytes for each of its UTF-16 units.
    const batch = this.#batch(line.length, line.length * 3 + 1);
    if (batch === undefined) return false;
    return this.#added(batch, batch.bytes.write(line, batch.used, 'utf8'));
  }

  /** The same for a line that is bytes already; they are copied. */
  writeBytes(bytes: Buffer, length: number): boolean {
    const batch = this.#batch(length, length + 1);
    if (batch === undefined) return false;
    bytes.copy(batch.bytes, batch.used, 0, length);
    return this.#added(batch, length);
  }

  /** The batch with room for a line of that length, at most `most` bytes; undefined when it has to be dropped. */
  #batch(length: number, most: number): Batch | undefined {
    if (this.#closed || this.#queueBytes + length >= this.#maxQueueBytes) {
      this.dropped++;
      return undefined;
    }
    let batch = this.#filling;
    if (batch !== undefined && batch.used + most > batch.bytes.length) {
      this.#full.push(batch);
      batch = undefined;
    }
    batch ??= this.#filling = { bytes: this.#buffer(most), used: 0, lines: 0 };
    return batch;
  }

  /** `length` bytes of a line stand behind what was used. */
  #added(batch: Batch, length: number): true {
    batch.used += length;
    batch.bytes[batch.used++] = 0x0a;
    batch.lines++;
    this.#taken++;
    this.#queueBytes += length + 1;
    if (this.#running !== undefined) return true;
    if (this.#full.length > 0) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#flushIntervalMs).unref();
    return true;
  }

  #buffer(atLeast: number): Buffer {
    const spare = this.#spare;
    if (spare === undefined || spare.length < atLeast) {
      return Buffer.allocUnsafeSlow(Math.max(this.#batchBytes, atLeast));
    }
    this.#spare = undefined;
    return spare;
  }

  /** Writes what is queued at this moment, and resolves when it has been tried. */
  async flush(): Promise<void> {
    const target = this.#taken;
    while (this.written + this.#lost < target) {
      this.#start();
      await this.#running;
    }
  }

  /** Lets the file go before the next batch, for log rotation. */
  reopen(): void {
    this.#stale = true;
  }

  /** Takes no more lines, writes those that wait, closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    openWriters.delete(this);
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running !== undefined || this.#queueBytes === 0) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#full.length > 0) this.#start();
      else if (this.#queueBytes > 0) {
        this.#timer ??= setTimeout(() => this.#start(), this.#flushIntervalMs).unref();
      }
    });
  }

  async #run(): Promise<void> {
    let batch = this.#full.shift();
    if (batch === undefined) {
      batch = this.#filling!;
      this.#filling = undefined;
    }
    this.#queueBytes -= batch.used;
    try {
      if (this.#stale || this.#reopen) {
        this.#stale = false;
        const old = this.#handle;
        this.#handle = undefined;
        await old?.close();
      }
      this.#handle ??= await open(this.#path, FLAGS, this.#mode);
      for (let at = 0; at < batch.used; ) {
        at += (await this.#handle.write(batch.bytes, at, batch.used - at)).bytesWritten;
      }
      this.written += batch.lines;
    } catch (error) {
      this.dropped += batch.lines;
      this.#lost += batch.lines;
      this.#stale = true;
      this.#onError(error as Error, batch.lines);
    }
    if (batch.bytes.length === this.#batchBytes) this.#spare = batch.bytes;
  }
}
