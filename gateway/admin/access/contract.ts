/** Who calls the Admin API, and what they may do. */

/** Each may do what those before it may. */
export const ROLES = ['read', 'write', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Actor {
  /** Name of the token, or `local` when the Admin API asks for no credentials. */
  readonly name: string;
  readonly role: Role;
  readonly via: 'open' | 'token' | 'session';
  /** Id of the token; absent when none was needed. */
  readonly tokenId?: string;
}

declare global {
  namespace Express {
    interface Request {
      /** Set by the access middleware before any endpoint runs. */
      actor?: Actor;
    }
  }
}
