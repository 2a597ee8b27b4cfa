/**
 * The path that goes to the upstream: service path, matched prefix and `strip_path` joined by Kong's
 * `v0` rules, the only ones in the default router flavour whatever `path_handling` says.
 *
 * The result never leaves the service's path: the request path is normalised (no dot segments), and the
 * one dot segment that stripping half a segment can produce (`/route../x` on `/route`) is removed.
 */

/**
 * Builds the escaped upstream path, without query. `path` is the normalised request path;
 * `matchedPath` is `RouteMatch.matchedPath` (`''` when no path criterion took part). The caller appends
 * the query of the original target as it was, a bare `?` included.
 */
export type UpstreamPath = (path: string, matchedPath: string) => string;

/** Compiles the join for one route and its service; `servicePath` null means `/`. */
export function compileUpstreamPath(servicePath: string | null, stripPath: boolean): UpstreamPath {
  const base = escapePath(servicePath === null || servicePath === '' ? '/' : servicePath);
  if (base.endsWith('/')) return stripPath ? strippedOntoSlash(base) : wholeOntoSlash(base);
  return stripPath ? strippedOntoName(base) : wholeOntoName(base);
}

function wholeOntoSlash(base: string): UpstreamPath {
  if (base === '/') {
    return (path) => (path.charCodeAt(0) === 0x2f ? escapePath(path) : '/' + escapePath(path.slice(1)));
  }
  return (path) => base + escapePath(path.slice(1));
}

function wholeOntoName(base: string): UpstreamPath {
  return (path) => (path === '/' ? base : base + escapePath(path));
}

function strippedOntoSlash(base: string): UpstreamPath {
  const trimmed = base.slice(0, -1);
  const whenBare = base === '/' ? '/' : trimmed;
  return (path, matchedPath) => {
    const rest = remainder(path, matchedPath);
    if (rest === '') return path.endsWith('/') ? base : whenBare;
    return (rest.charCodeAt(0) === 0x2f ? trimmed : base) + escapePath(rest);
  };
}

function strippedOntoName(base: string): UpstreamPath {
  const withSlash = base + '/';
  return (path, matchedPath) => {
    const rest = remainder(path, matchedPath);
    if (rest === '') return path.length > 1 && path.endsWith('/') ? withSlash : base;
    return (rest.charCodeAt(0) === 0x2f ? base : withSlash) + escapePath(rest);
  };
}

function remainder(path: string, matchedPath: string): string {
  const rest = path.slice(matchedPath === '' ? 1 : matchedPath.length);
  if (rest.charCodeAt(0) !== 0x2e) return rest;
  if (rest === '.' || rest === '..') return '';
  if (rest.startsWith('./')) return rest.slice(2);
  return rest.startsWith('../') ? rest.slice(3) : rest;
}

/** Everything but RFC 3986 unreserved and reserved characters and `%`, which starts a kept escape. */
const UNSAFE = /[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]+/;
const UNSAFE_RUNS = new RegExp(UNSAFE.source, 'g');

/** Percent-escapes a normalised path for the wire; the same string when there is nothing to escape. */
export function escapePath(path: string): string {
  return UNSAFE.test(path) ? path.toWellFormed().replace(UNSAFE_RUNS, encodeURIComponent) : path;
}
