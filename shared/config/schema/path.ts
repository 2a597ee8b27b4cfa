/**
 * Paths as Kong writes them in configurations. Their normal form is the router's own, so that a prefix that
 * is valid here is one that requests can have.
 */
import { normalisePath } from '../../router/normalise-path.ts';

/** The normal form of a route's prefix; undefined when no request path is like it. */
export function normalPrefix(path: string): string | undefined {
  if (!path.isWellFormed()) return undefined;
  // A request cannot have a bare backslash, but `%5C` becomes one.
  const asSent = path.replaceAll('\\', '%5C');
  return normalisePath(Buffer.from(asSent, 'utf8').toString('latin1'));
}

/** Why a prefix in normal form is never matched by a request; undefined when it can be. */
export function whyNeverMatches(path: string): string | undefined {
  if (path.includes('?')) return 'the path of a request ends before the first question mark; write %3F';
  if (path.includes('#')) return 'no request path has a bare number sign; write %23';
  if (/\0|%00/.test(path)) return 'a path with a NUL is refused';
  if (normalPrefix(path) === undefined) return 'it is not UTF-8, and such a path is refused';
  return undefined;
}

/** Kong's message for a `%` that two hex digits do not follow. */
export function brokenEscape(path: string): string | undefined {
  const match = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path);
  return match === null ? undefined : `invalid url-encoded value: '${match[0]}'`;
}
