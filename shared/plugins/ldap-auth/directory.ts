/**
 * Whether the directory knows a user with that password. Answers are kept for a while, under a keyed hash: no password
 * stays in memory. One question for the same credentials at a time.
 */
import { BoundedCache } from '../bounded-cache.ts';
import { type ConnectionOptions, LdapConnections } from './connections.ts';
import { escapeValue } from './distinguished-name.ts';

const { createHmac, randomBytes } = process.getBuiltinModule('node:crypto');

const MAX_KNOWN = 10_000;

export interface DirectoryOptions extends ConnectionOptions {
  readonly attribute: string;
  readonly baseDn: string;
  readonly cacheTtlMs: number;
}

interface Known {
  readonly valid: boolean;
  readonly until: number;
}

export class LdapDirectory {
  readonly #options: DirectoryOptions;
  readonly #now: () => number;
  readonly #connections: LdapConnections;
  readonly #known = new BoundedCache<Known>(MAX_KNOWN);
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #hashKey = randomBytes(32);

  constructor(options: DirectoryOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#connections = new LdapConnections(options);
  }

  /** At once when it is known. Rejects when the server does not say. */
  check(username: string, password: string): boolean | Promise<boolean> {
    const key = createHmac('sha256', this.#hashKey)
      .update(`${username.length}:${username}${password}`)
      .digest('base64url');
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() < known.until) return known.valid;
    let answer = this.#underWay.get(key);
    if (answer === undefined) {
      answer = this.#ask(key, username, password).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, answer);
    }
    return answer;
  }

  close(): void {
    this.#connections.close();
  }

  async #ask(key: string, username: string, password: string): Promise<boolean> {
    const { attribute, baseDn, cacheTtlMs } = this.#options;
    const valid = await this.#connections.bind(`${attribute}=${escapeValue(username)},${baseDn}`, password);
    this.#known.set(key, { valid, until: this.#now() + cacheTtlMs });
    return valid;
  }
}
