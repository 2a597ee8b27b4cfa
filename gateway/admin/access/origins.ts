/**
 * What pages of other origins may do through a browser: nothing, unless `admin_gui_url` names them. A client that is no
 * browser sends none of these headers and is not affected.
 */
import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { isSafe } from './required-role.ts';

const PREFLIGHT_SECONDS = 600;
const METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const EXPOSED = 'X-Kong-Admin-Latency, Retry-After';

export type Origins = ReadonlySet<string>;

/** Of the settings' URLs; what is no URL names no origin. */
export function allowedOrigins(urls: readonly string[]): Origins {
  const origins = new Set<string>();
  for (const url of urls) {
    const origin = URL.parse(url)?.origin;
    if (origin !== undefined && origin !== 'null') origins.add(origin);
  }
  return origins;
}

export type Relation =
  /** No browser, or one that says nothing. */
  'unknown' | 'own' | 'allowed' | 'foreign';

/** Who a browser says is asking. */
export function relationOf(request: IncomingMessage, allowed: Origins): Relation {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined) {
    const url = URL.parse(origin);
    if (url === null || url.origin !== origin.toLowerCase()) return 'foreign';
    if (allowed.has(url.origin)) return 'allowed';
    // The scheme is not compared: TLS may end before us.
    if (url.host !== URL.parse(`${url.protocol}//${host}`)?.host) return 'foreign';
    return site === undefined || site === 'same-origin' ? 'own' : 'foreign';
  }
  if (site === undefined) return 'unknown';
  // `none`: typed into the address bar.
  return site === 'same-origin' || site === 'none' ? 'own' : 'foreign';
}

/** True when the request may go on. */
export function mayCross(method: string, relation: Relation): boolean {
  return isSafe(method) || relation !== 'foreign';
}

/**
 * Puts the headers of CORS on the response, for origins that are allowed. True when the request was a preflight and has
 * been answered: it carries no credentials, so it is never asked for them.
 */
export function shareWithOrigin(
  request: Request,
  response: Response,
  relation: Relation,
  anyAllowed: boolean,
): boolean {
  if (anyAllowed) response.vary('Origin');
  if (relation !== 'allowed') return false;
  response.set('Access-Control-Allow-Origin', request.headers.origin as string);
  response.set('Access-Control-Allow-Credentials', 'true');
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
    response.set('Access-Control-Expose-Headers', EXPOSED);
    return false;
  }
  response.set('Access-Control-Allow-Methods', METHODS);
  response.set(
    'Access-Control-Allow-Headers',
    request.headers['access-control-request-headers'] ?? 'Content-Type',
  );
  response.set('Access-Control-Max-Age', String(PREFLIGHT_SECONDS));
  response.status(204).end();
  return true;
}
