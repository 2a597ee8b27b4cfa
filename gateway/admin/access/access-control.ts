/**
 * Who may ask the Admin API for what: the one place that is passed before any endpoint. In this order: the name it is
 * asked under, the origin of the page that asks, who the caller is, what the caller may do. What is unclear is
 * refused. Every change and every refusal is written to the audit log when it is over.
 */
import type { Request, RequestHandler, Response, Router } from 'express';
import { TrustedPeers } from '../../../shared/proxy/trusted-peers.ts';
import { Access, type AccessOptions, type AuditNote, type Caller, type Refusal, refuse } from './access.ts';
import { auditPath, secretSegments } from './audit-path.ts';
import { accessRouter } from './endpoints.ts';
import { allowedHosts } from './hosts.ts';
import { identify } from './identify.ts';
import { allowedOrigins, mayCross, relationOf, shareWithOrigin } from './origins.ts';
import { addressOf } from './peer.ts';
import { isSafe } from './required-role.ts';
import { WrongTokenLimit } from './wrong-token-limit.ts';

export type { AccessOptions, AccessSettings } from './access.ts';

export interface AccessControl {
  /** Goes before everything else. */
  readonly middleware: RequestHandler;
  /** The endpoints below `/_cardinal/` that are about access; goes behind the middleware. */
  readonly router: Router;
  /** Whether a caller needs a token. Rejects with StoreUnavailable. */
  required(): Promise<boolean>;
  /** Resolves when what has happened until now stands in the audit log's file. */
  flushAudit(): Promise<void>;
  /** Ends the audit log with what it still holds. */
  close(): Promise<void>;
}

export function accessControl(options: AccessOptions): AccessControl {
  const access = new Access(options);
  const { settings } = options;
  const hosts = allowedHosts(
    settings.admin_listen.map((address) => address.host),
    settings.admin_allowed_hosts,
    access.now,
  );
  const origins = allowedOrigins(settings.admin_gui_url);
  const trusted = new TrustedPeers(settings.trusted_ips);
  const secrets = secretSegments(options.plugins);
  /** What nobody known may write into the audit log, by address. */
  const strangers = new WrongTokenLimit(access.now);

  function record(request: Request, response: Response, address: string): void {
    const startedAt = performance.now();
    const note: AuditNote = { event: 'request', actor: undefined, detail: undefined };
    access.notes.set(request, note);
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : null;
      const event =
        note.event === 'request' && (status === 401 || status === 403 || status === 429)
          ? 'refused'
          : note.event;
      if (isSafe(request.method) && event !== 'refused') return;
      if (note.actor === undefined && strangers.count(address) > 0) return;
      access.audit.write({
        at: new Date(access.now()).toISOString(),
        event,
        actor: note.actor?.name ?? null,
        token_id: note.actor?.tokenId ?? null,
        via: note.actor?.via ?? null,
        address,
        method: request.method,
        path: auditPath(request.originalUrl, secrets),
        status,
        duration_ms: Math.round(performance.now() - startedAt),
        ...(note.detail === undefined ? {} : { detail: note.detail }),
      });
    });
  }

  const middleware: RequestHandler = async (request, response, next) => {
    const address = addressOf(request, trusted);
    record(request, response, address);
    const problem = hosts.check(request);
    if (problem !== undefined) {
      response.status(problem.status).json({ message: problem.message });
      return;
    }
    const relation = relationOf(request, origins);
    if (shareWithOrigin(request, response, relation, origins.size > 0)) return;
    if (!mayCross(request.method, relation)) {
      response.status(403).json({ message: 'requests of other origins are refused' });
      return;
    }
    let outcome: Caller | Refusal;
    try {
      outcome = await identify(access, request, address, relation);
    } catch (error) {
      if ((error as Error).name !== 'StoreUnavailable') throw error;
      response
        .status(503)
        .set('Retry-After', '1')
        .json({ message: 'the store cannot be reached: who may do what is not known' });
      return;
    }
    if ('status' in outcome) {
      refuse(response, outcome);
      return;
    }
    access.callers.set(request, outcome);
    if (outcome.actor !== undefined) request.actor = outcome.actor;
    next();
  };
  return {
    middleware,
    router: accessRouter(access),
    required: () => access.required(),
    flushAudit: () => access.audit.flush(),
    close: () => access.audit.close(),
  };
}
