/**
 * The configuration as the Admin API works on it: entities that are looked up by id or name and changed one at a
 * time, with every rule that holds between them (unique values, references, what is deleted with what). The rules
 * are Kong's; so are the errors.
 */
import type { Change, StoredEntity } from '../../shared/config/change.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';

/** Kong's error object: the body of an answer of the Admin API. */
export interface ModelErrorBody {
  readonly code: number;
  readonly name: string;
  readonly message: string;
  readonly fields?: unknown;
  readonly options?: unknown;
}

export class ModelError extends Error {
  /** HTTP status: 400, 404, 405, 409. */
  readonly status: number;
  readonly body: ModelErrorBody;
  constructor(status: number, body: ModelErrorBody) {
    super(body.message);
    this.name = 'ModelError';
    this.status = status;
    this.body = body;
  }
}

/** How an entity is addressed: by id, else by its endpoint key (name, username, ...). Text as in a path, decoded. */
export type EntityKey = string;

/** A page of entities in the order of their ids. */
export interface Page {
  readonly data: readonly StoredEntity[];
  /** Id after which the next page begins; undefined at the end. */
  readonly after: string | undefined;
}

export interface PageRequest {
  readonly size: number;
  /** Id of the last entity of the page before. */
  readonly after?: string;
  /** Keeps those that have all (and) or any (or) of the tags. */
  readonly tags?: { readonly all: readonly string[] } | { readonly any: readonly string[] };
}

/**
 * Reading. A view is of one generation (a draft: of that and what was changed in it). Entities are as the Admin API
 * shows them: certificates with their `snis`, `ttl` as the seconds that are left. What is over is not there.
 */
export interface ModelView {
  readonly index: EntityIndex;
  definition(collection: string): EntityDefinition;
  /** Undefined when there is none. Throws a ModelError (code 1 or 10) when the key cannot be one. */
  find(collection: string, key: EntityKey): StoredEntity | undefined;
  byId(collection: string, id: string): StoredEntity | undefined;
  /**
   * The one below `parent` (an id that its `field` holds) with this id, address (targets), group (acls) or endpoint
   * key. Undefined when it belongs to another parent. Throws as `find` does.
   */
  findChild(collection: string, field: string, parent: string, key: EntityKey): StoredEntity | undefined;
  page(collection: string, request: PageRequest): Page;
  /** Those whose `field` refers to `id`. Targets: the newest first. */
  children(collection: string, field: string, id: string, request: PageRequest): Page;
  /** All, in the order of their ids and in stored form. */
  all(collection: string): readonly StoredEntity[];
  count(collection: string): number;
}

export interface InsertOptions {
  /** Fields that the path fixes (the foreign key of a nested collection): they override the body. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** Changing. Every method throws a ModelError and has then changed nothing. */
export interface ModelDraft extends ModelView {
  /** POST. Returns the whole entity. */
  insert(collection: string, input: unknown, options?: InsertOptions): StoredEntity;
  /** PUT: the complete new representation, made if there was none. */
  upsert(collection: string, key: EntityKey, input: unknown, options?: InsertOptions): StoredEntity;
  /** PATCH: merged into what is there. Code 6 when there is none. */
  update(collection: string, key: EntityKey, input: unknown, options?: InsertOptions): StoredEntity;
  /** DELETE, with everything that hangs on it. False when there was none; code 4 when something forbids it. */
  remove(collection: string, key: EntityKey): boolean;
  /** Puts these entities exactly so, in stored form (restore, import): references and uniqueness are checked at the end. */
  replace(change: Change): void;
  /** What is different from the view it was made of, each entity once; nothing when it is as before. */
  readonly change: Change;
  /** Runs `work`; what it changed is undone when it throws. */
  attempt<T>(work: () => T): T;
}
