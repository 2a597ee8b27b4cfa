/** Which role a request needs: reading, changing, or changing who may. */
import type { RequestHandler } from 'express';
import { ROLES, type Role } from './contract.ts';

/** Below these only administrators. */
const ADMIN_PATHS = ['/_cardinal/tokens', '/_cardinal/audit'];
/** Exactly these take a body with POST and change nothing. */
const READING_POSTS = ['/_cardinal/explain'];

export function requiredRole(method: string, path: string): Role {
  const plain = plainPath(path);
  if (ADMIN_PATHS.some((prefix) => plain === prefix || plain.startsWith(`${prefix}/`))) return 'admin';
  if (method === 'POST' && READING_POSTS.includes(path)) return 'read';
  return isSafe(method) ? 'read' : 'write';
}

export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** For endpoints that need more than their method says. */
export function atLeast(needed: Role): RequestHandler {
  return (request, response, next) => {
    const { actor } = request;
    if (actor !== undefined && mayDo(actor.role, needed)) next();
    else response.status(403).json({ message: roleMessage(actor?.role, needed) });
  };
}

export function roleMessage(role: Role | undefined, needed: Role): string {
  return role === undefined
    ? `this needs the role ${needed}`
    : `this needs the role ${needed}; the token has the role ${role}`;
}

/**
 * The path as a router that is lenient in every way might read it. More paths may look like those of administrators
 * than there are, never fewer.
 */
function plainPath(path: string): string {
  let plain = path;
  try {
    plain = decodeURIComponent(path);
  } catch {
    // No router decodes it either.
  }
  // The name of the only workspace may stand in front.
  return plain
    .toLowerCase()
    .replace(/[/\\]+/g, '/')
    .replace(/^\/default(?=\/)/, '');
}
