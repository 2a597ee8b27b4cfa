/** The documents of a store, in memory, with time that tests move. */
import { StoreConflict, type StoredDocument, StoreUnavailable } from '../../store/contract.ts';
import type { Documents } from '../authority.ts';

export class MemoryDocuments implements Documents {
  readonly #rows = new Map<string, StoredDocument & { readonly endsAt: number }>();
  readonly #now: () => number;
  /** Rejects everything while true. */
  broken = false;
  writes = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async document(kind: string, key: string): Promise<StoredDocument | undefined> {
    await this.#turn();
    return this.#live(kind, key);
  }

  async documents(kind: string): Promise<readonly StoredDocument[]> {
    await this.#turn();
    const found: StoredDocument[] = [];
    for (const row of this.#rows.values()) {
      const live = row.kind === kind ? this.#live(kind, row.key) : undefined;
      if (live !== undefined) found.push(live);
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number; readonly ttlSeconds?: number } = {},
  ): Promise<StoredDocument> {
    await this.#turn();
    const before = this.#live(kind, key)?.version ?? 0;
    if (options.expected !== undefined && options.expected !== before) {
      throw new StoreConflict(`${kind} ${key} is at version ${before}`);
    }
    this.writes++;
    const endsAt =
      options.ttlSeconds === undefined ? Number.POSITIVE_INFINITY : this.#now() + options.ttlSeconds * 1000;
    const row = {
      kind,
      key,
      value: JSON.parse(JSON.stringify(value)) as unknown,
      version: before + 1,
      endsAt,
    };
    this.#rows.set(`${kind} ${key}`, row);
    return row;
  }

  async deleteDocument(kind: string, key: string): Promise<boolean> {
    await this.#turn();
    return this.#rows.delete(`${kind} ${key}`);
  }

  /** Everything that is kept, as text: for looking for what must not be there. */
  dump(): string {
    return JSON.stringify([...this.#rows.values()]);
  }

  #live(kind: string, key: string): StoredDocument | undefined {
    const row = this.#rows.get(`${kind} ${key}`);
    if (row === undefined || row.endsAt <= this.#now()) return undefined;
    return { kind, key, value: row.value, version: row.version };
  }

  /** Every real store answers later, so that what depends on the order of two writers shows. */
  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.broken) throw new StoreUnavailable('the store is away');
  }
}
