/**
 * Join tokens: what lets a new data plane in. Only the hash of a secret is kept (it has 256 bits of chance in it, so
 * nothing slower than SHA-256 is needed). Whoever redeems one learns that it was refused, never why.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { formatJoinToken, type JoinToken } from '../../shared/sync/join-token.ts';
import type { DataPlaneRole } from '../../shared/sync/protocol.ts';
import { StoreConflict, type StoredDocument } from '../store/contract.ts';
import { Authority, type Documents } from './authority.ts';
import type { AllowedCalls } from './certificates.ts';

/** Kind of the documents. */
export const JOIN_TOKEN_KIND = 'join_token';
const MAX_CALLS = 1000;
const MAX_CALLS_BYTES = 32 * 1024;
/** A token that is over is still shown for a week. */
const KEPT_SECONDS = 7 * 86_400;
const CONFLICTS = 5;

export interface JoinTokenOptions {
  readonly role: DataPlaneRole;
  /** The only service that a microgateway may join for; null or absent: any. */
  readonly service?: string | null;
  /** Names of the services that it may be told how to call. Default `*`. */
  readonly calls?: AllowedCalls;
  /** Milliseconds since the epoch; default: never. */
  readonly expiresAt?: number;
  /** How many times it may be redeemed; default: any number. */
  readonly uses?: number;
}

/** A token as it may be shown. */
export interface ShownJoinToken {
  readonly id: string;
  readonly role: DataPlaneRole;
  readonly service: string | null;
  readonly calls: AllowedCalls;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly usesLeft: number | null;
  readonly revoked: boolean;
}

interface StoredJoinToken extends Omit<ShownJoinToken, 'id'> {
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
}

/** What a joining node asks for. */
export interface JoinWish {
  readonly role: DataPlaneRole;
  readonly service: string | null;
}

/**
 * The text of a new token; it is shown this once. Throws a TypeError that says what is wrong with the options; rejects
 * with StoreUnavailable. `now`: milliseconds since the epoch.
 */
export async function createJoinToken(
  documents: Documents,
  options: JoinTokenOptions,
  now: number = Date.now(),
): Promise<string> {
  const { role, service = null, calls = '*', expiresAt = null, uses = null } = options;
  if (role !== 'microgateway' && role !== 'gateway')
    throw new TypeError('role must be microgateway or gateway');
  if (role === 'gateway' && service !== null) throw new TypeError('a gateway stands beside no service');
  if (service !== null && (service === '' || service.length > 256))
    throw new TypeError('service must be a name');
  if (calls !== '*') {
    if (calls.some((name) => typeof name !== 'string' || name === ''))
      throw new TypeError('calls must be names');
    if (calls.length > MAX_CALLS || JSON.stringify(calls).length > MAX_CALLS_BYTES) {
      throw new TypeError(`calls names too many services (at most ${MAX_CALLS}); use *`);
    }
  }
  if (uses !== null && (!Number.isSafeInteger(uses) || uses < 1))
    throw new TypeError('uses must be 1 or more');
  if (expiresAt !== null && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    throw new TypeError('expiresAt must be in the future');
  }
  const { fingerprint } = await Authority.open(documents, now);
  const id = randomBytes(12).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  const stored: StoredJoinToken = {
    role,
    service,
    calls,
    createdAt: now,
    expiresAt,
    usesLeft: uses,
    revoked: false,
    hash: hashOf(secret),
  };
  await documents.putDocument(JOIN_TOKEN_KIND, id, stored, { expected: 0, ...lifetime(stored, now) });
  return formatJoinToken({ claims: { id, ca: fingerprint }, secret });
}

/** Newest first. */
export async function listJoinTokens(documents: Documents): Promise<readonly ShownJoinToken[]> {
  const all = await documents.documents(JOIN_TOKEN_KIND);
  return all.map(shown).sort((a, b) => b.createdAt - a.createdAt);
}

/** False when there is none of that id. Identities that it has given stay: see `revokeNode`. */
export async function revokeJoinToken(
  documents: Documents,
  id: string,
  now: number = Date.now(),
): Promise<boolean> {
  const done = await change(documents, id, now, (stored) => ({ ...stored, revoked: true }));
  return done !== undefined;
}

/**
 * What the node may be told how to call, when the token lets it in; one use of it is then gone. Undefined: refused.
 * Rejects with StoreUnavailable.
 */
export async function redeemJoinToken(
  documents: Documents,
  token: JoinToken,
  wish: JoinWish,
  now: number,
): Promise<AllowedCalls | undefined> {
  const stored = await change(documents, token.claims.id, now, (row) => {
    const secret = timingSafeEqual(Buffer.from(row.hash, 'hex'), Buffer.from(hashOf(token.secret), 'hex'));
    const alive = !row.revoked && row.usesLeft !== 0 && (row.expiresAt === null || now < row.expiresAt);
    const meant =
      row.role === wish.role &&
      (wish.role === 'gateway' ? wish.service === null : wish.service !== null) &&
      (row.service === null || row.service === wish.service);
    if (!secret || !alive || !meant) return undefined;
    return row.usesLeft === null ? row : { ...row, usesLeft: row.usesLeft - 1 };
  });
  return stored?.calls;
}

/** Writes what `next` makes of a token; nothing when it makes nothing, or the same. */
async function change(
  documents: Documents,
  id: string,
  now: number,
  next: (stored: StoredJoinToken) => StoredJoinToken | undefined,
): Promise<StoredJoinToken | undefined> {
  for (let attempt = 1; ; attempt++) {
    const document = await documents.document(JOIN_TOKEN_KIND, id);
    const before = document?.value as StoredJoinToken | undefined;
    if (document === undefined || before === undefined) return undefined;
    const after = next(before);
    if (after === undefined || after === before) return after;
    try {
      await documents.putDocument(JOIN_TOKEN_KIND, id, after, {
        expected: document.version,
        ...lifetime(after, now),
      });
      return after;
    } catch (error) {
      // Others redeem the same token at this moment; with a limit on its uses they have to take turns.
      if (!(error instanceof StoreConflict) || attempt === CONFLICTS) throw error;
    }
  }
}

function lifetime(stored: StoredJoinToken, now: number): { readonly ttlSeconds?: number } {
  if (stored.expiresAt === null) return {};
  return { ttlSeconds: Math.max(1, Math.ceil((stored.expiresAt - now) / 1000) + KEPT_SECONDS) };
}

function shown({ key, value }: StoredDocument): ShownJoinToken {
  const { hash: _, ...rest } = value as StoredJoinToken;
  return { id: key, ...rest };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
