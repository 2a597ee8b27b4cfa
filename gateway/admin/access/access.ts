/** What the parts of access control share: tokens, sessions, limits, the audit log, and what is known of a request. */
import type { Request, Response } from 'express';
import { isLoopback } from '../../../shared/config/settings/listen.ts';
import type { Settings } from '../../../shared/config/settings/settings.ts';
import type { Logger } from '../../../shared/observe/logger.ts';
import type { PluginSchema } from '../../../shared/plugins/contract.ts';
import { type AuditEvent, AuditLog } from './audit-log.ts';
import type { Actor } from './contract.ts';
import { IssuedTokens } from './issued-tokens.ts';
import { type Session, Sessions } from './sessions.ts';
import { AdminTokens, type TokenDocuments } from './tokens.ts';
import { WrongTokenLimit } from './wrong-token-limit.ts';

export type AccessSettings = Pick<
  Settings,
  'admin_auth' | 'admin_allowed_hosts' | 'admin_gui_url' | 'admin_insecure' | 'admin_listen' | 'trusted_ips'
>;

export interface AccessOptions {
  readonly settings: AccessSettings;
  /** The store; undefined when there is none: then there are no tokens. */
  readonly documents: TokenDocuments | undefined;
  /** File of the audit log. */
  readonly auditPath: string;
  /** Their credentials' keys are not written to the audit log. */
  readonly plugins: Iterable<{ readonly schema: PluginSchema }>;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  readonly now?: () => number;
}

/** What the endpoints about access know of a request. */
export interface Caller {
  readonly address: string;
  /** Undefined: nobody is known, and the endpoint is one that everybody may ask. */
  readonly actor: Actor | undefined;
  readonly session: Session | undefined;
  readonly sessionId: string | undefined;
  readonly cookieName: string;
  readonly secure: boolean;
}

export interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly message: string;
  readonly retryAfter?: number;
  /** 401: what was shown is wrong, rather than missing. */
  readonly wrong?: boolean;
}

/** What becomes of an audit entry while its request is answered. */
export interface AuditNote {
  event: AuditEvent;
  actor: Actor | undefined;
  detail: Readonly<Record<string, string | null>> | undefined;
}

/** The shared state behind the middleware and the endpoints. */
export class Access {
  readonly settings: AccessSettings;
  readonly tokens: AdminTokens | undefined;
  readonly issued: IssuedTokens | undefined;
  readonly sessions: Sessions;
  readonly wrongTokens: WrongTokenLimit;
  readonly audit: AuditLog;
  readonly now: () => number;
  readonly callers = new WeakMap<Request, Caller>();
  readonly notes = new WeakMap<Request, AuditNote>();
  /** Other machines reach it, and nobody has said that they may do everything. */
  readonly #exposed: boolean;

  constructor(options: AccessOptions) {
    const { settings, log } = options;
    this.settings = settings;
    this.now = options.now ?? Date.now;
    const failed = (error: unknown) => log.error('the use of a token could not be noted', { error });
    const { documents } = options;
    if (documents !== undefined) {
      this.tokens = new AdminTokens(documents, this.now, failed);
      this.issued = new IssuedTokens(this.tokens, documents, this.now);
    }
    this.sessions = new Sessions(this.now);
    this.wrongTokens = new WrongTokenLimit(this.now);
    this.audit = new AuditLog({
      path: options.auditPath,
      onError: (error) => log.error('the audit log cannot be written', { error, path: options.auditPath }),
    });
    this.#exposed =
      !settings.admin_insecure && settings.admin_listen.some((address) => !isLoopback(address.host));
  }

  /** When there are this many tokens. */
  requiredWith(count: number): boolean {
    const { admin_auth: mode } = this.settings;
    if (mode !== 'auto') return mode === 'on';
    // It was opened to other machines because there was a token: that stays so when the last one is revoked.
    return this.#exposed || count > 0;
  }

  /** Rejects with StoreUnavailable. */
  async required(): Promise<boolean> {
    if (this.settings.admin_auth !== 'auto' || this.#exposed) return this.requiredWith(0);
    if (this.tokens === undefined) return false;
    try {
      return this.requiredWith(await this.tokens.count());
    } catch (error) {
      if (this.tokens.lastKnownCount === 0) return false;
      throw error;
    }
  }
}

/** Counts a wrong token; what the answer to it is. */
export function wrong(access: Access, address: string, message: string): Refusal {
  const retryAfter = access.wrongTokens.count(address);
  return retryAfter > 0
    ? { status: 429, message: 'too many wrong tokens came from this address', retryAfter }
    : { status: 401, message, wrong: true };
}

export function refuse(response: Response, refusal: Refusal): void {
  if (refusal.status === 401) {
    const error = refusal.wrong === true ? ', error="invalid_token"' : '';
    response.set('WWW-Authenticate', `Bearer realm="cardinal"${error}`);
  }
  if (refusal.retryAfter !== undefined) response.set('Retry-After', String(refusal.retryAfter));
  response.status(refusal.status).json({ message: refusal.message });
}
