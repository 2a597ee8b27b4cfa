/**
 * Where a gateway keeps its configuration and the small things beside it. A store knows nothing of schemas,
 * references or plugins: it keeps entities by collection and id, changes them atomically from one generation to
 * the next, remembers the last of those changes, and tells when another process has made one.
 */
import type { Change, StoredEntity } from '../../shared/config/change.ts';

/** Who asked for a part of a generation, and for what. */
export interface ChangeAuthor {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Name of a token or a user; `local` for a caller that needs none. */
  readonly actor: string;
  /** `PUT /services/orders`: never a body, never a secret. */
  readonly summary: string;
}

/** One step from a generation to the next. */
export interface Commit {
  /** The generation that it made; the first one is 1. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Id of the node that wrote it. */
  readonly node: string;
  /** Hash of the whole configuration afterwards. */
  readonly hash: string;
  /** One for each write that was taken together into this generation. */
  readonly authors: readonly ChangeAuthor[];
  readonly change: Change;
}

export interface StoredState {
  /** 0: nothing was ever written. */
  readonly generation: number;
  readonly entities: ReadonlyMap<string, readonly StoredEntity[]>;
}

/** A small named value beside the configuration: a token, a CA key, a node that was seen. */
export interface StoredDocument {
  readonly kind: string;
  readonly key: string;
  /** Plain JSON. */
  readonly value: unknown;
  /** Goes up by one with each write; 1 when it was made. */
  readonly version: number;
}

/** How many commits are kept (the history that can be shown and restored). */
export const HISTORY_LENGTH = 50;

/** The store is at another generation (or a document at another version) than the writer assumed. */
export class StoreConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreConflict';
  }
}

/** The store cannot be reached or cannot write: nothing is known to be wrong with what was to be written. */
export class StoreUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnavailable';
  }
}

/** Every method rejects with `StoreUnavailable` when the store cannot be reached within a bounded time. */
export interface Store {
  readonly kind: 'memory' | 'sqlite' | 'redis';
  /** Where it is, without credentials: a path, `redis://host:port/db`. */
  readonly location: string;
  /** Everything, consistent: as of one generation. */
  load(): Promise<StoredState>;
  /**
   * Makes `commit.generation` out of `commit.generation - 1`: all of it or nothing. Resolves when it would survive
   * the death of this process (and of the machine, where the store can promise that). Rejects with `StoreConflict`
   * when the store is at another generation.
   */
  commit(commit: Commit): Promise<void>;
  /** The commits after `generation`, oldest first; undefined when they are not all kept any more. */
  commitsAfter(generation: number): Promise<readonly Commit[] | undefined>;
  /** The kept commits, newest first. */
  history(): Promise<readonly Commit[]>;
  /** Calls back, not more often than necessary, after other processes have committed. Returns how to stop. */
  watch(changed: () => void): () => void;

  document(kind: string, key: string): Promise<StoredDocument | undefined>;
  /** Sorted by key. */
  documents(kind: string): Promise<readonly StoredDocument[]>;
  /**
   * Writes one. With `expected` (a version, 0 = must not exist) rejects with `StoreConflict` when it is at another one.
   * `ttlSeconds`: it is gone after that time.
   */
  putDocument(
    kind: string,
    key: string,
    value: unknown,
    options?: { readonly expected?: number; readonly ttlSeconds?: number },
  ): Promise<StoredDocument>;
  /** True when there was one. */
  deleteDocument(kind: string, key: string): Promise<boolean>;

  /** Resolves when it answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
