/**
 * All tokens that a gateway issues, as they are shown and asked for: those for the Admin API, and those with which data
 * planes join. For the Admin API's endpoints and for the command line, which works on the store itself.
 */

import { parseJoinToken } from '../../../shared/sync/join-token.ts';
import {
  createJoinToken,
  listJoinTokens,
  revokeJoinToken,
  type ShownJoinToken,
} from '../../control-plane/join-tokens.ts';
import type { Role } from './contract.ts';
import { readTokenRequest, WrongTokenRequest } from './token-request.ts';
import { type AdminToken, type AdminTokens, type TokenDocuments, TokenRefused } from './tokens.ts';

/** Times in Unix seconds, as everywhere in the Admin API. */
export interface ShownToken {
  readonly id: string;
  readonly kind: 'admin' | 'join';
  readonly role: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  /** It has expired, or (a join token) it was revoked or used up. */
  readonly expired: boolean;
  readonly [field: string]: unknown;
}

export interface Issued {
  readonly token: ShownToken;
  /** Shown this once. */
  readonly text: string;
}

export type Revocation = { readonly name: string | null } | undefined;

export class IssuedTokens {
  readonly #tokens: AdminTokens;
  readonly #documents: TokenDocuments;
  readonly #now: () => number;
  /** One change after the other: which is the first and the last token must not change in between. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(tokens: AdminTokens, documents: TokenDocuments, now: () => number = Date.now) {
    this.#tokens = tokens;
    this.#documents = documents;
    this.#now = now;
  }

  /** Those for the Admin API first; the newest of each kind first. */
  async list(): Promise<readonly ShownToken[]> {
    const [admin, join] = await Promise.all([this.#tokens.list(), listJoinTokens(this.#documents)]);
    const now = this.#now();
    return [...admin.map((token) => shownAdmin(token, now)), ...join.map((token) => shownJoin(token, now))];
  }

  async find(id: string): Promise<ShownToken | undefined> {
    return (await this.list()).find((token) => token.id === id);
  }

  /**
   * `input`: see `token-request.ts`. `anyFirst`: the first token need not be an administrator's. Rejects with a
   * WrongTokenRequest or TokenRefused.
   */
  issue(
    input: Readonly<Record<string, unknown>> | undefined,
    createdBy: string,
    anyFirst = false,
  ): Promise<Issued> {
    return this.#inTurn(async () => {
      const now = this.#now();
      const wanted = readTokenRequest(input, now);
      if (wanted.kind === 'admin') {
        if (wanted.role !== 'admin' && !anyFirst) await this.#mayComeFirst(wanted.role);
        const { token, text } = await this.#tokens.create({ ...wanted, createdBy });
        return { token: shownAdmin(token, now), text };
      }
      const { role, service, calls, expiresAt, uses } = wanted;
      const options = {
        role,
        service,
        calls,
        ...(expiresAt === null ? {} : { expiresAt }),
        ...(uses === null ? {} : { uses }),
      };
      const text = await createJoinToken(this.#documents, options, now).catch((error: unknown) => {
        throw error instanceof TypeError ? new TokenRefused(error.message) : error;
      });
      const id = parseJoinToken(text)?.claims.id as string;
      const made = { id, role, service, calls, createdAt: now, expiresAt, usesLeft: uses, revoked: false };
      return { token: shownJoin(made, now), text };
    });
  }

  /**
   * Undefined when there is none of that id. `keepsAdmin`: whether, with so many tokens left, one of them must be an
   * administrator's; then the last one is refused (TokenRefused).
   */
  revoke(id: string, keepsAdmin: (left: number) => boolean): Promise<Revocation> {
    return this.#inTurn(async () => {
      const all = await this.#tokens.list();
      const token = all.find((one) => one.id === id);
      if (token === undefined) {
        return (await revokeJoinToken(this.#documents, id, this.#now())) ? { name: null } : undefined;
      }
      const others = all.filter((one) => one.id !== id);
      if (this.#rules(token) && !others.some((one) => this.#rules(one)) && keepsAdmin(others.length)) {
        throw new TokenRefused(
          'it is the last token with the role admin: make another one first, or revoke it with cardinal token revoke where the store is',
        );
      }
      await this.#tokens.revoke(id);
      return { name: token.name };
    });
  }

  #rules(token: AdminToken): boolean {
    return token.role === 'admin' && (token.expiresAt === null || token.expiresAt > this.#now());
  }

  async #mayComeFirst(role: Role): Promise<void> {
    if ((await this.#tokens.list()).length > 0) return;
    const reason = `the first token must have the role admin, not ${role}: nobody could make another`;
    throw new WrongTokenRequest(new Map([['role', reason]]));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const seconds = (time: number | null) => (time === null ? null : Math.floor(time / 1000));

function shownAdmin(token: AdminToken, now: number): ShownToken {
  return {
    id: token.id,
    kind: 'admin',
    name: token.name,
    role: token.role,
    created_at: Math.floor(token.createdAt / 1000),
    created_by: token.createdBy,
    expires_at: seconds(token.expiresAt),
    last_used_at: seconds(token.lastUsedAt),
    expired: token.expiresAt !== null && token.expiresAt <= now,
  };
}

function shownJoin(token: ShownJoinToken, now: number): ShownToken {
  const { id, role, service, calls, createdAt, expiresAt, usesLeft, revoked } = token;
  return {
    id,
    kind: 'join',
    role,
    service,
    calls,
    created_at: Math.floor(createdAt / 1000),
    expires_at: seconds(expiresAt),
    uses_left: usesLeft,
    expired: revoked || usesLeft === 0 || (expiresAt !== null && expiresAt <= now),
  };
}
