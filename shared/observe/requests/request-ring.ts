/**
 * The requests that one engine keeps for a while: the newest, bounded in number and in bytes. They are kept as JSON
 * text, so that none of them holds on to the buffers of a connection.
 */
import type { RequestRecord } from './request-record.ts';

export class RequestRing {
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #kept = new Map<string, string>();
  #bytes = 0;

  /** `most` 0: nothing is kept. */
  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  keep(record: RequestRecord): void {
    const text = JSON.stringify(record);
    const bytes = 2 * text.length;
    if (this.#most === 0 || bytes > this.#mostBytes) return;
    this.#kept.set(record.id, text);
    this.#bytes += bytes;
    for (const [id, oldest] of this.#kept) {
      if (this.#kept.size <= this.#most && this.#bytes <= this.#mostBytes) break;
      this.#kept.delete(id);
      this.#bytes -= 2 * oldest.length;
    }
  }

  /** As JSON; undefined when it is not kept (any more). */
  find(id: string): string | undefined {
    return this.#kept.get(id);
  }

  /** The newest that pass, newest first. */
  newest(limit: number, passes: (record: RequestRecord) => boolean): readonly RequestRecord[] {
    const found: RequestRecord[] = [];
    for (const text of [...this.#kept.values()].reverse()) {
      if (found.length >= limit) break;
      const record = JSON.parse(text) as RequestRecord;
      if (passes(record)) found.push(record);
    }
    return found;
  }
}
