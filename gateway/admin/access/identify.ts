/** Who a request comes from, and whether it may do what it asks for. */
import type { Request } from 'express';
import { type Access, type AuditNote, type Caller, type Refusal, wrong } from './access.ts';
import type { Actor } from './contract.ts';
import { cookieNameOf, credentialsOf } from './credentials.ts';
import type { Relation } from './origins.ts';
import { cameEncrypted } from './peer.ts';
import { isSafe, mayDo, requiredRole, roleMessage } from './required-role.ts';
import { csrfMatches, type Session } from './sessions.ts';
import type { AdminToken } from './tokens.ts';

/** Everybody, when no token is asked for. */
const OPEN: Actor = { name: 'local', role: 'admin', via: 'open' };

/** Rejects with StoreUnavailable. */
export async function identify(
  access: Access,
  request: Request,
  address: string,
  relation: Relation,
): Promise<Caller | Refusal> {
  const { method, path } = request;
  const required = await access.required();
  const secure = cameEncrypted(request);
  const cookieName = cookieNameOf(request.socket.localPort ?? 0, secure);
  const credentials = credentialsOf(request, cookieName);
  const note = access.notes.get(request) as AuditNote;
  const caller = (actor: Actor | undefined, session?: Session): Caller => {
    note.actor = actor;
    return { address, actor, session, sessionId: credentials.session, cookieName, secure };
  };
  // Whoever logs in shows the token in the body.
  if (method === 'POST' && isPath(path, '/_cardinal/login')) {
    return caller(required ? undefined : OPEN);
  }
  if (credentials.problem !== undefined && required) {
    return wrong(access, address, credentials.problem);
  }
  let token: AdminToken | undefined;
  let session: Session | undefined;
  if (credentials.token !== undefined) {
    token = await access.tokens?.verify(credentials.token);
    if (token === undefined && required) {
      return wrong(access, address, 'the token is not known, has expired or was revoked');
    }
  } else if (credentials.session !== undefined) {
    session = access.sessions.find(credentials.session);
    if (session !== undefined) token = await access.tokens?.alive(session.tokenId);
    if (token === undefined) session = undefined;
  }
  if (token !== undefined) access.tokens?.noteUse(token.id);
  if (!required) {
    const known = token === undefined ? OPEN : { ...OPEN, name: token.name, tokenId: token.id };
    return caller(known, session);
  }
  if (token === undefined) {
    if (isPublic(method, path)) return caller(undefined);
    return {
      status: 401,
      message:
        'the Admin API asks for a token (Authorization: Bearer TOKEN); cardinal token create makes one',
    };
  }
  const via = session === undefined ? 'token' : 'session';
  const actor: Actor = { name: token.name, role: token.role, via, tokenId: token.id };
  const known = caller(actor, session);
  if (session !== undefined && !isSafe(method)) {
    if (relation !== 'own' && relation !== 'allowed')
      return { status: 403, message: 'a session in a cookie needs an Origin or Sec-Fetch-Site header' };
    const given = request.headers['x-cardinal-csrf'];
    if (!csrfMatches(session, typeof given === 'string' ? given : undefined)) {
      return {
        status: 403,
        message: "X-Cardinal-CSRF must hold the session's csrf of GET /_cardinal/session",
      };
    }
  }
  if (isPath(path, '/_cardinal/logout')) return known;
  const needed = requiredRole(method, path);
  return mayDo(token.role, needed) ? known : { status: 403, message: roleMessage(token.role, needed) };
}

/**
 * What everybody may read: whether a token is needed, and the pages that ask for it. No escapes and no dots that a file
 * server might read as a way out.
 */
function isPublic(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (isPath(path, '/_cardinal/session')) return true;
  return /^\/ui(?:\/[A-Za-z0-9_./-]*)?$/.test(path) && !path.includes('..');
}

function isPath(path: string, wanted: string): boolean {
  return path === wanted || path === `${wanted}/`;
}
