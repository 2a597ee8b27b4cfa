/**
 * The tokens of the Admin API, kept in the store's documents. Requests are judged by a copy of the whole (bounded)
 * list that is at most `MAX_AGE_MS` old: one read a second at most, however many requests come and however
 * wrong their tokens are. A secret is never kept and never shown again.
 */
import type { Store, StoredDocument } from '../../store/contract.ts';
import { ROLES, type Role } from './contract.ts';
import { newTokenText, parseTokenText, secretMatches } from './token-text.ts';

export type TokenDocuments = Pick<Store, 'document' | 'documents' | 'putDocument' | 'deleteDocument'>;

export const TOKEN_KIND = 'admin_token';
export const MAX_TOKENS = 1_000;
/** How long another replica's revocation may take to be seen here. */
const MAX_AGE_MS = 1_000;
const LAST_USED_EVERY_MS = 60_000;
const MAX_NAME_LENGTH = 100;

/** Times in milliseconds since the epoch. */
export interface AdminToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  /** Name of the token that made it; `local` when none was needed. */
  readonly createdBy: string;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** To the minute; null: not yet. */
  readonly lastUsedAt: number | null;
}

export interface NewToken {
  readonly name?: string;
  readonly role: Role;
  readonly expiresAt?: number | null;
  readonly createdBy: string;
}

export class TokenRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TokenRefused';
  }
}

interface Known extends AdminToken {
  readonly hash: string;
  readonly version: number;
}

interface Snapshot {
  readonly readAt: number;
  readonly tokens: ReadonlyMap<string, Known>;
}

export class AdminTokens {
  readonly #documents: TokenDocuments;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  #snapshot: Snapshot | undefined;
  #reading: Promise<Snapshot> | undefined;
  /** Goes up with each change made here: a list that was read before it is not kept. */
  #changes = 0;
  /** When this process last wrote down that a token was used, by id. */
  readonly #noted = new Map<string, number>();

  constructor(
    documents: TokenDocuments,
    now: () => number = Date.now,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#documents = documents;
    this.#now = now;
    this.#onError = onError;
  }

  /** The newest first. Rejects with StoreUnavailable. */
  async list(): Promise<readonly AdminToken[]> {
    const { tokens } = await this.#read();
    return [...tokens.values()].sort((a, b) => b.createdAt - a.createdAt).map(publicPart);
  }

  /** How many there are, expired ones too: an expired token must not open what it closed. */
  async count(): Promise<number> {
    return (await this.#fresh()).tokens.size;
  }

  /** What the last successful read said; undefined before there was one. */
  get lastKnownCount(): number | undefined {
    return this.#snapshot?.tokens.size;
  }

  /** The token when it is right and has not expired. Rejects with StoreUnavailable. */
  async verify(text: string): Promise<AdminToken | undefined> {
    const parsed = parseTokenText(text);
    if (parsed === undefined) return undefined;
    const known = (await this.#fresh()).tokens.get(parsed.id);
    const right = secretMatches(parsed.secret, known?.hash);
    return right && known !== undefined && this.#alive(known) ? publicPart(known) : undefined;
  }

  /** The token if it is still there and has not expired: for sessions. */
  async alive(id: string): Promise<AdminToken | undefined> {
    const known = (await this.#fresh()).tokens.get(id);
    return known !== undefined && this.#alive(known) ? publicPart(known) : undefined;
  }

  /** Writes down, once a minute and in the background, that it was used. */
  noteUse(id: string): void {
    const known = this.#snapshot?.tokens.get(id);
    const now = this.#now();
    if (known === undefined) return;
    const last = Math.max(known.lastUsedAt ?? 0, this.#noted.get(id) ?? 0);
    if (now - last < LAST_USED_EVERY_MS) return;
    this.#noted.set(id, now);
    const { version, ...token } = known;
    // Only over the version that was read: a token that was revoked meanwhile must not come back.
    this.#documents
      .putDocument(TOKEN_KIND, id, { ...token, lastUsedAt: now }, { expected: version })
      .catch((error: unknown) => {
        if ((error as Error).name !== 'StoreConflict') this.#onError(error);
      });
  }

  /** Rejects with TokenRefused, or StoreUnavailable. `text` is shown once and cannot be had again. */
  async create(wanted: NewToken): Promise<{ readonly token: AdminToken; readonly text: string }> {
    const { tokens } = await this.#read();
    if (tokens.size >= MAX_TOKENS)
      throw new TokenRefused(`there are ${tokens.size} tokens; revoke some of them first`);
    const { id, text, hash } = newTokenText();
    const token: AdminToken = {
      id,
      name: wanted.name ?? `token-${id.slice(0, 6)}`,
      role: wanted.role,
      createdAt: this.#now(),
      createdBy: wanted.createdBy,
      expiresAt: wanted.expiresAt ?? null,
      lastUsedAt: null,
    };
    await this.#documents.putDocument(TOKEN_KIND, id, { ...token, hash }, { expected: 0 });
    this.#forget();
    return { token, text };
  }

  /** Effective here when it resolves. False when there was none. */
  async revoke(id: string): Promise<boolean> {
    const there = await this.#documents.deleteDocument(TOKEN_KIND, id);
    this.#forget();
    this.#noted.delete(id);
    return there;
  }

  #alive(token: AdminToken): boolean {
    return token.expiresAt === null || token.expiresAt > this.#now();
  }

  #forget(): void {
    this.#changes++;
    this.#snapshot = undefined;
    this.#reading = undefined;
  }

  async #fresh(): Promise<Snapshot> {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) {
      const age = this.#now() - snapshot.readAt;
      if (age >= 0 && age < MAX_AGE_MS) return snapshot;
    }
    return this.#read();
  }

  /** Those who ask while a read is under way get its result. */
  #read(): Promise<Snapshot> {
    if (this.#reading !== undefined) return this.#reading;
    const changes = this.#changes;
    const readAt = this.#now();
    const reading = this.#documents.documents(TOKEN_KIND).then((documents) => {
      const tokens = new Map<string, Known>();
      for (const document of documents) tokens.set(document.key, knownToken(document));
      const snapshot = { readAt, tokens };
      if (changes === this.#changes) this.#snapshot = snapshot;
      for (const id of this.#noted.keys()) if (!tokens.has(id)) this.#noted.delete(id);
      return snapshot;
    });
    const done = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    this.#reading = reading;
    reading.then(done, done);
    return reading;
  }
}

/** Undefined when it may be a token's name; else what is wrong with it. */
export function brokenTokenName(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'expected a string';
  if (name.length === 0) return 'length must be at least 1';
  if (name.length > MAX_NAME_LENGTH) return `length must be at most ${MAX_NAME_LENGTH}`;
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name) ? undefined : 'must be printable text';
}

export function isRole(text: unknown): text is Role {
  return ROLES.includes(text as Role);
}

/** What cannot be understood stays in the list as a token that nothing matches: it must not look like no token. */
function knownToken({ key, value, version }: StoredDocument): Known {
  const record = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const text = (field: string) => (typeof record[field] === 'string' ? (record[field] as string) : '');
  const time = (field: string) => (typeof record[field] === 'number' ? (record[field] as number) : null);
  const role = record['role'];
  return {
    id: key,
    name: text('name'),
    role: isRole(role) ? role : 'read',
    createdAt: time('createdAt') ?? 0,
    createdBy: text('createdBy'),
    expiresAt: time('expiresAt'),
    lastUsedAt: time('lastUsedAt'),
    hash: isRole(role) ? text('hash') : '',
    version,
  };
}

function publicPart({ hash: _hash, version: _version, ...token }: Known): AdminToken {
  return token;
}
