/** Reads the head of a store in Redis and the commits that led to it. */
import { type Commit, HISTORY_LENGTH } from '../contract.ts';
import { StoreFormatError } from '../format-error.ts';
import { Slices } from '../slices.ts';
import { decodeCommit, StoredValueError } from '../stored-value.ts';
import type { RedisConnection } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, READ_COMMITS, TOKEN_LENGTH } from './scripts.ts';

/** Characters that are read in one step: few, so that a server that does not answer is noticed early. */
const STEP_LENGTH = 200_000;

export interface Head {
  /** 0: nothing was ever written. */
  readonly generation: number;
  /** Of the commit that made it: no two commits have the same. Empty for generation 0. */
  readonly token: string;
}

interface Part {
  /** The generation of the store when this was read. */
  readonly newest: number;
  readonly commits: readonly Commit[];
  /** Of the first one. */
  readonly token: string | undefined;
}

export class RedisHistory {
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;

  constructor(connection: RedisConnection, keys: StoreKeys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async head(): Promise<Head> {
    const [format, generation, token] = await this.#connection.call((redis) =>
      redis.hmget(this.#keys.head, 'format', 'generation', 'token'),
    );
    if (format != null && format !== FORMAT) throw this.headError('format', format);
    if (generation == null) return { generation: 0, token: '' };
    if (!/^\d{1,15}$/.test(generation)) throw this.headError('damaged', undefined);
    return { generation: Number(generation), token: token ?? '' };
  }

  /** Oldest first; undefined when they are not all kept. */
  async after(generation: number): Promise<readonly Commit[] | undefined> {
    const commits: Commit[] = [];
    for (let next = generation + 1; ; ) {
      const part = await this.#read(next, 1);
      if (next > part.newest) return part.newest < generation ? undefined : commits;
      if (part.commits.length === 0) return undefined;
      commits.push(...part.commits);
      next += part.commits.length;
    }
  }

  /** Those that came after `head`; undefined also when what is there now did not come out of it. */
  async since(head: Head): Promise<readonly Commit[] | undefined> {
    if (head.generation > 0) {
      const { newest, token } = await this.#read(head.generation, 1);
      if (newest < head.generation || token !== head.token) return undefined;
    }
    return this.after(head.generation);
  }

  /** Newest first. */
  async all(): Promise<readonly Commit[]> {
    const commits: Commit[] = [];
    for (let next = 0; ; ) {
      const part = await this.#read(next, -1);
      commits.push(...part.commits);
      next = (part.commits.at(-1)?.generation ?? 1) - 1;
      if (next === 0 || commits.length >= HISTORY_LENGTH) return commits;
    }
  }

  /** What a script says that found the head to be of no use: `format` with its version, or `damaged`. */
  headError(result: string, detail: string | undefined): Error {
    if (result === 'format') {
      return new StoreFormatError(
        `the store ${this.#connection.shown} was written by a newer version of Cardinal (its format is ${detail}, this one knows ${FORMAT})`,
      );
    }
    return new StoredValueError('head', this.#keys.head, 'holds no generation');
  }

  /** The commits from `first` on (0: the newest), as many as are read in one step. */
  async #read(first: number, direction: 1 | -1): Promise<Part> {
    const keys = [this.#keys.head, this.#keys.history];
    for (let length = STEP_LENGTH; ; ) {
      const args = [String(first), String(direction), String(length)];
      const answer = await this.#connection.run(READ_COMMITS, keys, args, length);
      const [result, newest, detail, entries] = answer as [string, string, string, string[]];
      if (result === 'size') {
        length = Number(detail);
        continue;
      }
      if (result !== 'commits') throw this.headError(result, newest);
      const commits: Commit[] = [];
      const slices = new Slices();
      for (const entry of entries) {
        const generation = Number(detail) + direction * commits.length;
        commits.push(decodeCommit(generation, entry.slice(TOKEN_LENGTH + 1)));
        await slices.took(entry);
      }
      return { newest: Number(newest), commits, token: entries[0]?.slice(0, TOKEN_LENGTH) };
    }
  }
}
