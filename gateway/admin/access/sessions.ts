/**
 * Sessions of browsers that have shown a token once. They live in this process: bounded in number and time, and no
 * longer than their token. What the browser keeps is a random id; here only its hash is kept.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const MAX_SESSIONS = 1_000;
const MAX_SESSIONS_OF_TOKEN = 50;
export const IDLE_MS = 60 * 60_000;
export const LONGEST_MS = 12 * 60 * 60_000;

export interface Session {
  readonly tokenId: string;
  /** What the page sends back in `X-Cardinal-CSRF`. */
  readonly csrf: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

interface Kept extends Session {
  readonly key: string;
  lastSeenAt: number;
}

export class Sessions {
  readonly #now: () => number;
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The id goes into the cookie and nowhere else. */
  begin(tokenId: string): { readonly id: string; readonly session: Session } {
    const now = this.#now();
    for (const [key, kept] of this.#kept) if (this.#over(kept, now)) this.#kept.delete(key);
    const own = [...this.#kept.values()].filter((kept) => kept.tokenId === tokenId);
    if (own.length >= MAX_SESSIONS_OF_TOKEN) this.#kept.delete((own[0] as Kept).key);
    if (this.#kept.size >= MAX_SESSIONS) this.#kept.delete(this.#kept.keys().next().value as string);
    const id = randomBytes(32).toString('base64url');
    const session: Kept = {
      key: keyOf(id),
      tokenId,
      csrf: randomBytes(32).toString('base64url'),
      endsAt: now + LONGEST_MS,
      lastSeenAt: now,
    };
    this.#kept.set(session.key, session);
    return { id, session };
  }

  /** Undefined when there is none, or it is over. */
  find(id: string): Session | undefined {
    const kept = this.#kept.get(keyOf(id));
    if (kept === undefined) return undefined;
    this.#kept.delete(kept.key);
    const now = this.#now();
    if (this.#over(kept, now)) return undefined;
    kept.lastSeenAt = now;
    this.#kept.set(kept.key, kept);
    return kept;
  }

  end(id: string): void {
    this.#kept.delete(keyOf(id));
  }

  endOfToken(tokenId: string): void {
    for (const [key, kept] of this.#kept) if (kept.tokenId === tokenId) this.#kept.delete(key);
  }

  #over(kept: Kept, now: number): boolean {
    return now >= kept.endsAt || now - kept.lastSeenAt >= IDLE_MS;
  }
}

export function csrfMatches(session: Session, given: string | undefined): boolean {
  if (given === undefined) return false;
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', session.csrf, 'buffer'));
}

function keyOf(id: string): string {
  return hash('sha256', id, 'hex');
}
