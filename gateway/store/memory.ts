/**
 * A store that lives as long as its process: for tests, trials, and gateways whose configuration is put in anew
 * at each start. It keeps JSON text, so that nobody can change what is stored by changing what was given or got,
 * and so that it accepts exactly what the others accept.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import {
  type Commit,
  HISTORY_LENGTH,
  type Store,
  StoreConflict,
  type StoredDocument,
  type StoredState,
  StoreUnavailable,
} from './contract.ts';
import { Slices } from './slices.ts';
import {
  byText,
  checkCommit,
  decodeCommit,
  decodeDocument,
  decodeEntity,
  encodeValue,
} from './stored-value.ts';

interface DocumentText {
  readonly text: string;
  readonly version: number;
  /** Milliseconds since the epoch; Infinity: never. */
  readonly expiresAt: number;
}

export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly location = 'memory';
  readonly #now: () => number;
  readonly #entities = new Map<string, Map<string, string>>();
  readonly #documents = new Map<string, Map<string, DocumentText>>();
  /** Oldest first; the last one made `#generation`. */
  readonly #commits: string[] = [];
  #generation = 0;
  #closed = false;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async load(): Promise<StoredState> {
    this.#mustBeOpen();
    const generation = this.#generation;
    // Copied first: reading the texts takes several turns, in which commits may come.
    const collections = [...this.#entities].map(([collection, texts]) => ({ collection, texts: [...texts] }));
    const entities = new Map<string, readonly StoredEntity[]>();
    const slices = new Slices();
    for (const { collection, texts } of collections.sort((a, b) => byText(a.collection, b.collection))) {
      const list: StoredEntity[] = [];
      for (const [id, text] of texts.sort(([a], [b]) => byText(a, b))) {
        list.push(decodeEntity(collection, id, text));
        await slices.took(text);
      }
      entities.set(collection, list);
    }
    return { generation, entities };
  }

  async commit(commit: Commit): Promise<void> {
    this.#mustBeOpen();
    checkCommit(commit);
    if (commit.generation !== this.#generation + 1) {
      throw new StoreConflict(
        `the store is at generation ${this.#generation}, generation ${commit.generation} cannot follow`,
      );
    }
    const text = encodeValue(commit);
    const encoded = commit.change.map(({ after }) => (after === null ? undefined : encodeValue(after)));
    for (const [index, { collection, id }] of commit.change.entries()) {
      this.#put(collection, id, encoded[index]);
    }
    this.#generation = commit.generation;
    this.#commits.push(text);
    if (this.#commits.length > HISTORY_LENGTH) this.#commits.shift();
  }

  async commitsAfter(generation: number): Promise<readonly Commit[] | undefined> {
    this.#mustBeOpen();
    const wanted = this.#generation - generation;
    if (wanted < 0 || wanted > this.#commits.length) return undefined;
    return this.#decodeNewest(wanted);
  }

  async history(): Promise<readonly Commit[]> {
    this.#mustBeOpen();
    return (await this.#decodeNewest(this.#commits.length)).reverse();
  }

  /** No other process can commit here. */
  watch(): () => void {
    return () => {};
  }

  async document(kind: string, key: string): Promise<StoredDocument | undefined> {
    this.#mustBeOpen();
    const stored = this.#documentText(kind, key);
    return stored === undefined ? undefined : decodeDocument(kind, key, stored.version, stored.text);
  }

  async documents(kind: string): Promise<readonly StoredDocument[]> {
    this.#mustBeOpen();
    const now = this.#now();
    return [...(this.#documents.get(kind) ?? [])]
      .filter(([, { expiresAt }]) => expiresAt > now)
      .sort(([a], [b]) => byText(a, b))
      .map(([key, { version, text }]) => decodeDocument(kind, key, version, text));
  }

  async putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number; readonly ttlSeconds?: number } = {},
  ): Promise<StoredDocument> {
    this.#mustBeOpen();
    const text = encodeValue(value);
    const version = this.#documentText(kind, key)?.version ?? 0;
    if (options.expected !== undefined && options.expected !== version) {
      throw new StoreConflict(`${kind} '${key}' is at version ${version}, not ${options.expected}`);
    }
    const now = this.#now();
    const expiresAt = options.ttlSeconds === undefined ? Infinity : now + options.ttlSeconds * 1000;
    let documents = this.#documents.get(kind);
    if (documents === undefined) this.#documents.set(kind, (documents = new Map()));
    for (const [other, stored] of documents) if (stored.expiresAt <= now) documents.delete(other);
    documents.set(key, { text, version: version + 1, expiresAt });
    return decodeDocument(kind, key, version + 1, text);
  }

  async deleteDocument(kind: string, key: string): Promise<boolean> {
    this.#mustBeOpen();
    const was = this.#documentText(kind, key) !== undefined;
    this.#documents.get(kind)?.delete(key);
    return was;
  }

  async ping(): Promise<void> {
    this.#mustBeOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #put(collection: string, id: string, text: string | undefined): void {
    let texts = this.#entities.get(collection);
    if (texts === undefined) {
      if (text === undefined) return;
      this.#entities.set(collection, (texts = new Map()));
    }
    if (text !== undefined) texts.set(id, text);
    else texts.delete(id);
    if (texts.size === 0) this.#entities.delete(collection);
  }

  /** Oldest first. */
  async #decodeNewest(count: number): Promise<Commit[]> {
    const newest = this.#generation;
    const texts = count === 0 ? [] : this.#commits.slice(-count);
    const commits: Commit[] = [];
    const slices = new Slices();
    for (const [index, text] of texts.entries()) {
      commits.push(decodeCommit(newest - texts.length + 1 + index, text));
      await slices.took(text);
    }
    return commits;
  }

  #documentText(kind: string, key: string): DocumentText | undefined {
    const stored = this.#documents.get(kind)?.get(key);
    return stored !== undefined && stored.expiresAt > this.#now() ? stored : undefined;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
  }
}
