/** The endpoints that are about access: tokens, the session of a browser, the audit log. */
import express, { type Request, type Response, type Router } from 'express';
import { type Access, type AuditNote, type Caller, refuse, wrong } from './access.ts';
import type { Role } from './contract.ts';
import { cookieLine } from './credentials.ts';
import { atLeast } from './required-role.ts';
import type { Session } from './sessions.ts';
import { WrongTokenRequest } from './token-request.ts';
import { TokenRefused } from './tokens.ts';

const MAX_BODY_BYTES = 8 * 1024;
const DEFAULT_AUDIT_ENTRIES = 100;
const MAX_AUDIT_ENTRIES = 1_000;
type Handler = (request: Request, response: Response) => Promise<void>;

export function accessRouter(access: Access): Router {
  const router = express.Router({ caseSensitive: true });
  const body = express.raw({ type: () => true, limit: MAX_BODY_BYTES });
  const admin = atLeast('admin');

  const endpoint = (path: string, methods: Readonly<Record<string, Handler>>) => {
    const names = [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].sort();
    router.all(path, body, async (request, response) => {
      const handler = methods[request.method === 'HEAD' ? 'GET' : request.method];
      if (handler !== undefined) await answer(handler, request, response);
      else if (request.method === 'OPTIONS') response.status(204).set('Allow', names.join(', ')).end();
      else response.status(405).set('Allow', names.join(', ')).json({ message: 'Method not allowed' });
    });
  };

  router.use(['/_cardinal/tokens', '/_cardinal/audit'], admin);

  endpoint('/_cardinal/tokens', {
    async GET(_request, response) {
      response.json({ data: (await access.issued?.list()) ?? [], next: null });
    },
    async POST(request, response) {
      if (access.issued === undefined) return noTokensHere(response);
      const { token, text } = await access.issued.issue(jsonBody(request), request.actor?.name ?? 'local');
      const { id, role, name = null } = token;
      note(access, request, 'token_created', { id, name: name as string | null, role });
      response.status(201).json({ ...token, token: text });
    },
  });

  endpoint('/_cardinal/tokens/:id', {
    async GET(request, response) {
      const token = await access.issued?.find(request.params['id'] as string);
      if (token === undefined) response.status(404).json({ message: 'Not found' });
      else response.json(token);
    },
    async DELETE(request, response) {
      const id = request.params['id'] as string;
      note(access, request, 'token_revoked', { id, name: null });
      const revoked = await access.issued?.revoke(id, (left) => access.requiredWith(left));
      if (revoked === undefined) {
        response.status(404).json({ message: 'Not found' });
        return;
      }
      access.sessions.endOfToken(id);
      note(access, request, 'token_revoked', { id, name: revoked.name });
      response.status(204).end();
    },
  });

  endpoint('/_cardinal/login', {
    async POST(request, response) {
      const caller = access.callers.get(request) as Caller;
      note(access, request, 'login_refused');
      const { tokens } = access;
      if (tokens === undefined) return noTokensHere(response);
      const input = jsonBody(request);
      const text = input?.['token'];
      if (typeof text !== 'string') {
        response.status(400).json({ message: 'expected a JSON object with a token' });
        return;
      }
      const token = await tokens.verify(text.trim());
      if (token === undefined) {
        const message = 'the token is not known, has expired or was revoked';
        refuse(response, wrong(access, caller.address, message));
        return;
      }
      if (caller.sessionId !== undefined) access.sessions.end(caller.sessionId);
      const { id, session } = access.sessions.begin(token.id);
      tokens.noteUse(token.id);
      const { name, role } = token;
      note(access, request, 'login', undefined, { name, role, via: 'session', tokenId: token.id });
      const seconds = Math.floor((session.endsAt - access.now()) / 1000);
      response.append('Set-Cookie', cookieLine(caller.cookieName, id, caller.secure, seconds));
      response.json(who(await access.required(), { name, role, via: 'session' }, session));
    },
  });

  endpoint('/_cardinal/logout', {
    async POST(request, response) {
      const caller = access.callers.get(request) as Caller;
      if (caller.sessionId !== undefined) access.sessions.end(caller.sessionId);
      note(access, request, 'logout');
      response.append('Set-Cookie', cookieLine(caller.cookieName, '', caller.secure, 0));
      response.status(204).end();
    },
  });

  endpoint('/_cardinal/session', {
    async GET(request, response) {
      const { actor, session } = access.callers.get(request) as Caller;
      response.json(who(await access.required(), actor, session));
    },
  });

  endpoint('/_cardinal/audit', {
    async GET(request, response) {
      const text = new URL(request.originalUrl, 'http://admin').searchParams.get('limit');
      const limit = text === null ? DEFAULT_AUDIT_ENTRIES : Number(text);
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_AUDIT_ENTRIES) {
        const message = `limit must be an integer between 1 and ${MAX_AUDIT_ENTRIES}`;
        response.status(400).json({ code: 9, name: 'invalid size', message });
        return;
      }
      response.json({ data: await access.audit.read(limit), next: null });
    },
  });
  return router;
}

async function answer(handler: Handler, request: Request, response: Response): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof WrongTokenRequest) response.status(400).json(error.body);
    else if (error instanceof TokenRefused) response.status(409).json({ message });
    else if (error instanceof WrongBody) response.status(error.status).json({ message });
    else if (name === 'StoreUnavailable') {
      response.status(503).set('Retry-After', '1').json({ message: 'the store cannot be reached' });
    } else throw error;
  }
}

class WrongBody extends Error {
  readonly status: 400 | 415;
  constructor(status: 400 | 415, message: string) {
    super(message);
    this.name = 'WrongBody';
    this.status = status;
  }
}

/** Undefined when there is no body. Only JSON: a form of a foreign page cannot send that. */
function jsonBody(request: Request): Readonly<Record<string, unknown>> | undefined {
  const raw: unknown = request.body;
  if (!Buffer.isBuffer(raw) || raw.length === 0) return undefined;
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new WrongBody(415, 'expected application/json');
  let value: unknown;
  try {
    value = JSON.parse(raw.toString());
  } catch {
    throw new WrongBody(400, 'Cannot parse JSON body');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new WrongBody(400, 'expected a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function note(
  access: Access,
  request: Request,
  event: AuditNote['event'],
  detail?: Readonly<Record<string, string | null>>,
  actor?: NonNullable<AuditNote['actor']>,
): void {
  const entry = access.notes.get(request);
  if (entry === undefined) return;
  entry.event = event;
  if (detail !== undefined) entry.detail = detail;
  if (actor !== undefined) entry.actor = actor;
}

function noTokensHere(response: Response): void {
  response.status(400).json({ message: 'there is no store here to keep tokens in' });
}

function who(
  required: boolean,
  actor: { readonly name: string; readonly role: Role; readonly via: string } | undefined,
  session: Session | undefined,
): Readonly<Record<string, unknown>> {
  return {
    required,
    authenticated: actor !== undefined && actor.via !== 'open',
    name: actor?.name ?? null,
    role: actor?.role ?? null,
    via: actor?.via ?? null,
    csrf: session?.csrf ?? null,
    ends_at: session === undefined ? null : Math.floor(session.endsAt / 1000),
  };
}
