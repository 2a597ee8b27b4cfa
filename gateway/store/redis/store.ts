/**
 * A store in Redis, for several replicas of a gateway: whoever commits first makes the generation, the others get a
 * StoreConflict, and all hear of it.
 *
 * What a resolved commit promises is what Redis promises for a write that it has answered. With `appendonly yes` and
 * `appendfsync always` it is on the disk; with `everysec`, up to a second of commits is lost when the machine (not
 * merely the process) dies; without an append-only file, everything since the last snapshot. Replication is
 * asynchronous: a failover can lose the last commits, which replicas notice because the head differs.
 *
 * An answer can be lost while the commit is written, or is about to be. Each commit has a token, so that Redis can say
 * what became of it and can be told to refuse it from now on; until that is settled this store reads nothing else.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { ChangeSignal } from '../change-signal.ts';
import {
  type Commit,
  HISTORY_LENGTH,
  type Store,
  StoreConflict,
  type StoredDocument,
  type StoredState,
  StoreUnavailable,
} from '../contract.ts';
import { StoreFormatError } from '../format-error.ts';
import type { RedisLocation } from '../location.ts';
import { Slices } from '../slices.ts';
import {
  byText,
  checkCommit,
  decodeCommit,
  decodeDocument,
  decodeEntity,
  encodeValue,
  StoredValueError,
} from '../stored-value.ts';
import { AnswerLost, RedisConnection } from './connection.ts';
import { doubtsAbout } from './durability.ts';
import {
  COMMIT,
  DELETE_DOCUMENT,
  FORMAT,
  GET_DOCUMENT,
  NOW,
  PUT_DOCUMENT,
  READ_COMMITS,
  SETTLE,
  TOKEN_LENGTH,
} from './scripts.ts';

const OPEN_MS = 1500;
/** Between looks at the head; announcements are faster, but can be lost. */
const LOOK_INTERVAL_MS = 500;
/** Fields that are read in one step. */
const SCAN_COUNT = 300;
/** Characters of history that are read in one step. */
const READ_LENGTH = 200_000;
const LOAD_ATTEMPTS = 3;
const ABANDONED_SECONDS = 86_400;
/** Commits with a lost answer that are remembered. There is one writer, who waits for each. */
const MAX_UNSETTLED = 100;

interface Head {
  readonly generation: number;
  readonly token: string;
}

type Outcome = 'written' | 'abandoned' | 'unknown';

export class RedisStore implements Store {
  readonly kind = 'redis';
  readonly location: string;
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #signal = new ChangeSignal('');
  /** A commit that is given again after its answer was lost is recognised. */
  readonly #tokens = new WeakMap<Commit, string>();
  /** By token: commits whose answer was lost. */
  readonly #unsettled = new Map<string, Commit>();
  #lookTimer: NodeJS.Timeout | undefined;
  #looking = false;
  #lookAgain = false;

  private constructor(location: RedisLocation, connection: RedisConnection) {
    this.location = location.shown;
    this.#prefix = `{${location.prefix}}`;
    this.#connection = connection;
  }

  /** Rejects with StoreUnavailable when Redis cannot be reached or is of no use, with StoreFormatError. */
  static async open(
    location: RedisLocation,
    warn: (message: string) => void = () => {},
  ): Promise<RedisStore> {
    const ca = location.caPath === undefined ? undefined : await readCertificates(location.caPath);
    const connection = new RedisConnection(location, ca);
    try {
      await connection.ready(OPEN_MS);
      const store = new RedisStore(location, connection);
      await store.#head();
      for (const doubt of await doubtsAbout(connection)) warn(`the store ${location.shown}: ${doubt}`);
      return store;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /**
   * Read in steps, in which others may commit: then what is read is a mixture, and the commits since the beginning are
   * put on top. That makes it the state of the newest of them, since each says for what it touched what it became.
   */
  async load(): Promise<StoredState> {
    await this.#settle();
    for (let attempt = 1; attempt <= LOAD_ATTEMPTS; attempt++) {
      const before = await this.#head();
      const texts = await this.#scan(this.#key('entities'));
      const after = await this.#head();
      const commits = after.token === before.token ? [] : await this.#commitsSince(before);
      if (commits === undefined) continue;
      const entities = await decodeEntities(texts);
      let { generation } = before;
      for (const commit of commits) {
        for (const { collection, id, after: entity } of commit.change) {
          let byId = entities.get(collection);
          if (byId === undefined) entities.set(collection, (byId = new Map()));
          if (entity === null) byId.delete(id);
          else byId.set(id, entity);
        }
        generation = commit.generation;
      }
      if (commits.length === 0) this.#signal.loaded(before.token);
      return { generation, entities: sorted(entities) };
    }
    throw new StoreUnavailable(`the store ${this.location} changes faster than it can be read`);
  }

  async commit(commit: Commit): Promise<void> {
    checkCommit(commit);
    await this.#settle();
    const token = this.#tokens.get(commit) ?? randomUUID();
    this.#tokens.set(commit, token);
    let written = false;
    this.#signal.writing();
    try {
      await this.#send(commit, token);
      written = true;
      this.#tokens.delete(commit);
    } finally {
      this.#signal.written(written ? token : undefined);
      if (this.#lookAgain) void this.#look();
    }
  }

  async commitsAfter(generation: number): Promise<readonly Commit[] | undefined> {
    await this.#settle();
    const commits: Commit[] = [];
    for (let next = generation + 1; ; ) {
      const { newest, part } = await this.#readCommits(next, 1);
      if (next > newest) return newest < generation ? undefined : commits;
      if (part.length === 0) return undefined;
      commits.push(...part);
      next += part.length;
    }
  }

  async history(): Promise<readonly Commit[]> {
    await this.#settle();
    const commits: Commit[] = [];
    for (let next = 0; ; ) {
      const { part } = await this.#readCommits(next, -1);
      commits.push(...part);
      next = (part.at(-1)?.generation ?? 1) - 1;
      if (next === 0 || commits.length >= HISTORY_LENGTH) return commits;
    }
  }

  watch(changed: () => void): () => void {
    const remove = this.#signal.add(changed);
    if (this.#connection.isClosed) return remove;
    this.#connection.subscribe(this.#key('changed'), () => void this.#look());
    void this.#look();
    this.#lookTimer ??= setInterval(() => void this.#look(), LOOK_INTERVAL_MS).unref();
    return () => {
      remove();
      if (!this.#signal.watched) this.#stopLooking();
    };
  }

  async document(kind: string, key: string): Promise<StoredDocument | undefined> {
    const text = await this.#connection.run(GET_DOCUMENT, [this.#key(`documents:${kind}`)], [key]);
    return text === null ? undefined : parseDocument(kind, key, text as string).document;
  }

  async documents(kind: string): Promise<readonly StoredDocument[]> {
    const name = this.#key(`documents:${kind}`);
    const now = Number(await this.#connection.run(NOW, [name], []));
    const documents: StoredDocument[] = [];
    const slices = new Slices();
    for (const [key, text] of await this.#scan(name)) {
      const { document, endsAt } = parseDocument(kind, key, text);
      if (endsAt === 0 || endsAt > now) documents.push(document);
      await slices.took(text);
    }
    return documents.sort((a, b) => byText(a.key, b.key));
  }

  async putDocument(
    kind: string,
    key: string,
    value: unknown,
    options: { readonly expected?: number; readonly ttlSeconds?: number } = {},
  ): Promise<StoredDocument> {
    const text = encodeValue(value);
    const { expected, ttlSeconds } = options;
    const [result, version] = (await this.#connection.run(
      PUT_DOCUMENT,
      [this.#key(`documents:${kind}`), this.#key(`ends:${kind}`)],
      [
        key,
        text,
        expected === undefined ? '' : String(expected),
        ttlSeconds === undefined ? '' : String(Math.ceil(ttlSeconds * 1000)),
      ],
      text.length,
    )) as [string, string];
    if (result === 'conflict') {
      throw new StoreConflict(`${kind} '${key}' is at version ${version}, not ${expected}`);
    }
    return decodeDocument(kind, key, Number(version), text);
  }

  async deleteDocument(kind: string, key: string): Promise<boolean> {
    const keys = [this.#key(`documents:${kind}`), this.#key(`ends:${kind}`)];
    return (await this.#connection.run(DELETE_DOCUMENT, keys, [key])) === 1;
  }

  async ping(): Promise<void> {
    await this.#head();
  }

  async close(): Promise<void> {
    this.#stopLooking();
    await this.#connection.close();
  }

  async #send(commit: Commit, token: string): Promise<void> {
    const text = encodeValue(commit);
    const puts: string[] = [];
    const deletes: string[] = [];
    let length = text.length;
    for (const { collection, id, after } of commit.change) {
      const field = `${collection} ${id}`;
      if (after === null) deletes.push(field);
      else {
        const value = encodeValue(after);
        puts.push(field, value);
        length += value.length;
      }
    }
    const keys = [this.#key('head'), this.#key('entities'), this.#key('history'), this.#abandonedKey(token)];
    const { generation, node, hash } = commit;
    const args = [this.#key('changed'), String(generation), token, node, hash, text];
    args.push(String(HISTORY_LENGTH), String(puts.length / 2), ...puts, ...deletes);
    try {
      this.#understood(await this.#connection.run(COMMIT, keys, args, length), commit);
    } catch (error) {
      if (!(error instanceof AnswerLost)) {
        this.#tokens.delete(commit);
        throw error;
      }
      if (this.#unsettled.size < MAX_UNSETTLED) this.#unsettled.set(token, commit);
      await this.#mustBeWritten(token, commit, error);
    }
  }

  #understood(answer: unknown, commit: Commit): void {
    const [result, detail] = answer as [string, string | undefined];
    if (result === 'done') return;
    if (result === 'conflict') {
      throw new StoreConflict(
        `the store is at generation ${detail}, generation ${commit.generation} cannot follow`,
      );
    }
    if (result === 'abandoned') throw new StoreUnavailable(`generation ${commit.generation} was given up`);
    throw this.#headError(result, detail);
  }

  async #mustBeWritten(token: string, commit: Commit, lost: AnswerLost): Promise<void> {
    let outcome: Outcome = 'unknown';
    try {
      outcome = await this.#settleOne(token, commit);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    if (outcome === 'written') return;
    throw new StoreUnavailable(
      outcome === 'abandoned'
        ? `${lost.message}; generation ${commit.generation} was not written`
        : `${lost.message}; whether generation ${commit.generation} was written shows when it answers again`,
    );
  }

  /** What is read afterwards stays: no commit of this process comes late. */
  async #settle(): Promise<void> {
    for (const [token, commit] of this.#unsettled) await this.#settleOne(token, commit);
  }

  async #settleOne(token: string, commit: Commit): Promise<Outcome> {
    const keys = [this.#key('head'), this.#key('history'), this.#abandonedKey(token)];
    const args = [String(commit.generation), token, String(ABANDONED_SECONDS)];
    const [result, detail] = (await this.#connection.run(SETTLE, keys, args)) as [string, string | undefined];
    if (result === 'format' || result === 'damaged') throw this.#headError(result, detail);
    this.#unsettled.delete(token);
    // Under another token it may be tried again; under this one it is refused from now on.
    if (result === 'abandoned') this.#tokens.delete(commit);
    return result as Outcome;
  }

  async #head(): Promise<Head> {
    const [format, generation, token] = await this.#connection.call((redis) =>
      redis.hmget(this.#key('head'), 'format', 'generation', 'token'),
    );
    if (format != null && format !== FORMAT) throw this.#headError('format', format);
    if (generation == null) return { generation: 0, token: '' };
    if (!/^\d{1,15}$/.test(generation)) throw this.#headError('damaged', undefined);
    return { generation: Number(generation), token: token ?? '' };
  }

  #headError(result: string, detail: string | undefined): Error {
    if (result === 'format') {
      return new StoreFormatError(
        `the store ${this.location} was written by a newer version of Cardinal (its format is ${detail}, this one knows ${FORMAT})`,
      );
    }
    return new StoredValueError('head', this.#key('head'), 'holds no generation');
  }

  /** Undefined when they are not kept any more, or when what is there now did not come out of `head`. */
  async #commitsSince(head: Head): Promise<readonly Commit[] | undefined> {
    if (head.generation > 0) {
      const { newest, token } = await this.#readCommits(head.generation, 1);
      if (newest < head.generation || token !== head.token) return undefined;
    }
    return this.commitsAfter(head.generation);
  }

  /** The commits from `first` on (0: the newest) that are read in one step. */
  async #readCommits(
    first: number,
    step: 1 | -1,
  ): Promise<{ newest: number; part: Commit[]; token: string | undefined }> {
    const keys = [this.#key('head'), this.#key('history')];
    let length = READ_LENGTH;
    for (;;) {
      const args = [String(first), String(step), String(length)];
      const answer = (await this.#connection.run(READ_COMMITS, keys, args, length)) as [
        string,
        string,
        string,
        string[],
      ];
      const [result, newest, detail, entries] = answer;
      if (result === 'size') {
        length = Number(detail);
        continue;
      }
      if (result !== 'commits') throw this.#headError(result, newest);
      const slices = new Slices();
      const part: Commit[] = [];
      for (const entry of entries) {
        const generation = Number(detail) + step * part.length;
        part.push(decodeCommit(generation, entry.slice(TOKEN_LENGTH + 1)));
        await slices.took(entry);
      }
      return { newest: Number(newest), part, token: entries[0]?.slice(0, TOKEN_LENGTH) };
    }
  }

  /** All fields of a hash that were there all the time, in steps that hold Redis up for a moment only. */
  async #scan(key: string): Promise<Map<string, string>> {
    const fields = new Map<string, string>();
    let cursor = '0';
    do {
      const [next, found] = await this.#connection.call((redis) =>
        redis.hscan(key, cursor, 'COUNT', SCAN_COUNT),
      );
      for (let at = 0; at < found.length; at += 2) fields.set(found[at]!, found[at + 1]!);
      cursor = next;
    } while (cursor !== '0');
    return fields;
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        const moment = this.#signal.moment;
        const { token } = await this.#head();
        if (this.#signal.watched && !this.#signal.observed(token, moment)) this.#lookAgain = true;
        // A write is under way: its end looks again.
      } while (this.#lookAgain && !this.#signal.isWriting);
    } catch {
      // The next look may succeed; whoever reads or writes hears of it.
    } finally {
      this.#looking = false;
    }
  }

  #stopLooking(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
  }

  #key(name: string): string {
    return `${this.#prefix}:${name}`;
  }

  #abandonedKey(token: string): string {
    return this.#key(`abandoned:${token}`);
  }
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StoreUnavailable(`the certificates for the store cannot be read: ${(error as Error).message}`);
  }
}

async function decodeEntities(
  texts: ReadonlyMap<string, string>,
): Promise<Map<string, Map<string, StoredEntity>>> {
  const entities = new Map<string, Map<string, StoredEntity>>();
  const slices = new Slices();
  for (const [field, text] of texts) {
    const blank = field.indexOf(' ');
    if (blank < 1) throw new StoredValueError('entities', field, 'has no collection');
    const collection = field.slice(0, blank);
    const id = field.slice(blank + 1);
    let byId = entities.get(collection);
    if (byId === undefined) entities.set(collection, (byId = new Map()));
    byId.set(id, decodeEntity(collection, id, text));
    await slices.took(text);
  }
  return entities;
}

function sorted(
  entities: ReadonlyMap<string, ReadonlyMap<string, StoredEntity>>,
): Map<string, StoredEntity[]> {
  const lists = new Map<string, StoredEntity[]>();
  for (const [collection, byId] of entities) {
    if (byId.size > 0)
      lists.set(
        collection,
        [...byId.values()].sort((a, b) => byText(a.id, b.id)),
      );
  }
  return lists;
}

function parseDocument(
  kind: string,
  key: string,
  text: string,
): { readonly document: StoredDocument; readonly endsAt: number } {
  const match = /^(\d{1,15}) (\d{1,16}) /.exec(text);
  if (match === null) throw new StoredValueError(`documents of ${kind}`, key, 'has no version');
  const document = decodeDocument(kind, key, Number(match[1]), text.slice(match[0].length));
  return { document, endsAt: Number(match[2]) };
}
