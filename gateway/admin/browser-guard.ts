/**
 * Keeps web pages from driving the Admin API through the browser of somebody who can reach it. A client
 * that is no browser sends none of these headers and is not affected.
 */

import { isIP } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { isLoopback } from '../../shared/config/settings/listen.ts';

export function browserGuard(request: Request, response: Response, next: NextFunction): void {
  const host = hostOf(request.headers.host);
  // A name that a foreign DNS server has pointed at this machine (DNS rebinding).
  const local = isLoopback((request.socket.localAddress ?? '').replace(/^::ffff:/, ''));
  if (
    local &&
    host !== undefined &&
    isIP(host) === 0 &&
    host !== 'localhost' &&
    !host.endsWith('.localhost')
  ) {
    response.status(403).json({ message: `the Admin API is not served under the name ${host}` });
    return;
  }
  const unsafe = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS';
  if (unsafe && (foreignOrigin(request) || request.headers['sec-fetch-site'] === 'cross-site')) {
    response.status(403).json({ message: 'requests of other origins are refused' });
    return;
  }
  next();
}

function foreignOrigin(request: Request): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return false;
  return URL.parse(origin)?.host !== request.headers.host;
}

/** Host without port, lower-case, IPv6 without brackets; undefined when there is none. */
function hostOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return header
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
}
