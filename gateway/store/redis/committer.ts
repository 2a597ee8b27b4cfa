/**
 * Writes commits to Redis, and knows what became of each. An answer can be lost while the commit is written, or is
 * about to be: each has a token, by which Redis can say whether it has it, and is told to refuse it from now on when
 * it has not. What could not be settled at once is settled before anything else is read or written.
 */
import { randomUUID } from 'node:crypto';
import { type Commit, HISTORY_LENGTH, StoreConflict, StoreUnavailable } from '../contract.ts';
import { encodeValue } from '../stored-value.ts';
import { AnswerLost, type RedisConnection } from './connection.ts';
import type { RedisHistory } from './history.ts';
import type { StoreKeys } from './keys.ts';
import { COMMIT, SETTLE } from './scripts.ts';

/** How long a commit that was given up is refused; nothing stays on its way for longer. */
const ABANDONED_SECONDS = 86_400;
/** Commits with a lost answer that are remembered. There is one writer, who waits for each. */
const MAX_UNSETTLED = 100;

/** `unknown`: so many commits came after it that nobody can tell any more. */
type Outcome = 'written' | 'abandoned' | 'unknown';

export class RedisCommitter {
  readonly #connection: RedisConnection;
  readonly #keys: StoreKeys;
  readonly #history: RedisHistory;
  /** A commit that is given again after its answer was lost is recognised. */
  readonly #tokens = new WeakMap<Commit, string>();
  /** By token: commits whose answer was lost. */
  readonly #unsettled = new Map<string, Commit>();

  constructor(connection: RedisConnection, keys: StoreKeys, history: RedisHistory) {
    this.#connection = connection;
    this.#keys = keys;
    this.#history = history;
  }

  /** What is read afterwards stays: no commit of this process comes late. */
  async settle(): Promise<void> {
    for (const [token, commit] of this.#unsettled) await this.#settleOne(token, commit);
  }

  /** Resolves with the token of the head that it made. Rejects as `Store.commit`. */
  async commit(commit: Commit): Promise<string> {
    await this.settle();
    const token = this.#tokens.get(commit) ?? randomUUID();
    this.#tokens.set(commit, token);
    try {
      await this.#send(commit, token);
    } catch (error) {
      if (!(error instanceof AnswerLost)) {
        this.#tokens.delete(commit);
        throw error;
      }
      if (this.#unsettled.size < MAX_UNSETTLED) this.#unsettled.set(token, commit);
      await this.#mustBeWritten(token, commit, error);
    }
    this.#tokens.delete(commit);
    return token;
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
    const { head, entities, history, changed } = this.#keys;
    const keys = [head, entities, history, this.#keys.abandoned(token)];
    const { generation, node, hash } = commit;
    const args = [changed, String(generation), token, node, hash, text];
    args.push(String(HISTORY_LENGTH), String(puts.length / 2), ...puts, ...deletes);
    const answer = await this.#connection.run(COMMIT, keys, args, length);
    const [result, detail] = answer as [string, string | undefined];
    if (result === 'done') return;
    if (result === 'conflict') {
      throw new StoreConflict(`the store is at generation ${detail}, generation ${generation} cannot follow`);
    }
    if (result === 'abandoned') throw new StoreUnavailable(`generation ${generation} was given up`);
    throw this.#history.headError(result, detail);
  }

  async #mustBeWritten(token: string, commit: Commit, lost: AnswerLost): Promise<void> {
    const { generation } = commit;
    let outcome: Outcome = 'unknown';
    try {
      outcome = await this.#settleOne(token, commit);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    if (outcome === 'written') return;
    throw new StoreUnavailable(
      outcome === 'abandoned'
        ? `${lost.message}; generation ${generation} was not written`
        : `${lost.message}; whether generation ${generation} was written shows when it answers again`,
    );
  }

  async #settleOne(token: string, commit: Commit): Promise<Outcome> {
    const keys = [this.#keys.head, this.#keys.history, this.#keys.abandoned(token)];
    const args = [String(commit.generation), token, String(ABANDONED_SECONDS)];
    const answer = await this.#connection.run(SETTLE, keys, args);
    const [result, detail] = answer as [string, string | undefined];
    if (result === 'format' || result === 'damaged') throw this.#history.headError(result, detail);
    this.#unsettled.delete(token);
    // Under another token it may be tried again; under this one it is refused from now on.
    if (result === 'abandoned') this.#tokens.delete(commit);
    return result as Outcome;
  }
}
