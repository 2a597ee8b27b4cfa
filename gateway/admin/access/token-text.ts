/**
 * The text of an Admin API token: `cat1.<id>.<secret>`. The id finds the stored token, the secret (256 random
 * bits) proves it. Only a hash of the secret is kept: with that much randomness a plain SHA-256 cannot be reversed,
 * and costs a request nothing.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const TEXT = /^cat1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;
/** Stands in for a token that does not exist, so that a wrong id costs what a wrong secret does. */
const NO_HASH = Buffer.alloc(32);

export interface TokenText {
  readonly id: string;
  readonly secret: string;
}

export function newTokenText(): TokenText & { readonly text: string; readonly hash: string } {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, text: `cat1.${id}.${secret}`, hash: hashOf(secret) };
}

/** Undefined when it is no token at all. */
export function parseTokenText(text: string): TokenText | undefined {
  const match = TEXT.exec(text);
  return match === null ? undefined : { id: match[1] as string, secret: match[2] as string };
}

/** What is stored: SHA-256 of the secret, hex. */
export function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** In constant time, also for a hash that is not there. */
export function secretMatches(secret: string, storedHash: string | undefined): boolean {
  const given = hash('sha256', secret, 'buffer');
  const stored = storedHash === undefined ? NO_HASH : Buffer.from(storedHash, 'hex');
  const equal = timingSafeEqual(given, stored.length === 32 ? stored : NO_HASH);
  return equal && storedHash !== undefined && stored.length === 32;
}
