/** What a request shows of itself: a token in a header, or the session of a browser in a cookie. */
import type { IncomingMessage } from 'node:http';

export interface Credentials {
  readonly token: string | undefined;
  readonly session: string | undefined;
  /** What is wrong with the headers; then the other two say nothing. */
  readonly problem: string | undefined;
}

const NONE: Credentials = { token: undefined, session: undefined, problem: undefined };
/** Longer ones are not looked at. */
const MAX_TOKEN_LENGTH = 512;

/** A header with a token goes before the cookie: whoever sends one means it. */
export function credentialsOf(request: IncomingMessage, cookieName: string): Credentials {
  // Kong's own clients (decK, the ingress controller) send the second.
  const { authorization } = request.headers;
  const kong = request.headers['kong-admin-token'];
  const tokens = new Set<string>();
  if (authorization !== undefined) {
    const match = /^bearer +(\S+)$/i.exec(authorization);
    if (match === null) return { ...NONE, problem: 'the Authorization header must be: Bearer TOKEN' };
    tokens.add(match[1] as string);
  }
  if (typeof kong === 'string' && kong !== '') tokens.add(kong);
  if (tokens.size > 1) return { ...NONE, problem: 'Authorization and Kong-Admin-Token differ' };
  for (const token of tokens) return { ...NONE, token: token.slice(0, MAX_TOKEN_LENGTH) };
  const session = cookie(request.headers.cookie, cookieName);
  return session === undefined ? NONE : { ...NONE, session };
}

function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * Cookies are not kept apart by port, so a gateway's own carries it: two on one machine do not end each other's
 * sessions. Where there is TLS, `__Host-` keeps other hosts of the domain from setting it.
 */
export function cookieNameOf(port: number, secure: boolean): string {
  return secure ? '__Host-cardinal-session' : `cardinal-session-${port}`;
}

export function cookieLine(name: string, value: string, secure: boolean, maxAgeSeconds: number): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; ${attributes}${secure ? '; Secure' : ''}`;
}
