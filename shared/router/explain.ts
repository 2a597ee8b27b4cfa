/**
 * Says why a request goes where it goes: the routes that came nearest, best first, with every criterion
 * and whether it held. It looks at all routes and is for people, never for the request path.
 */
import type { RouteCandidate, RouteQuery } from './contract.ts';
import { type Entry, headerHolds, snisHold } from './entry.ts';
import type { HeaderView } from './header-view.ts';

/** As many candidates as anyone will read. */
export const MAX_CANDIDATES = 20;

export interface ExplainedRequest {
  readonly query: RouteQuery;
  /** Without port. */
  readonly host: string;
  readonly port: number;
  readonly sni: string | undefined;
  readonly headers: HeaderView;
}

type Criterion = RouteCandidate['criteria'][number];

/** `entries` in order of rank. The winner is always among the candidates: nothing fails in it. */
export function explainRoutes<T>(
  entries: readonly Entry<T>[],
  request: ExplainedRequest,
): readonly RouteCandidate[] {
  // Entries by number of criteria that failed (at most five kinds), each list in order of rank.
  const nearest: Entry<T>[][] = [];
  for (const entry of entries) {
    let failed = 0;
    if (!methodsHold(entry, request)) failed++;
    if (!hostsHold(entry, request)) failed++;
    if (!allHeadersHold(entry, request)) failed++;
    if (!sniHolds(entry, request)) failed++;
    if (!pathsHold(entry, request)) failed++;
    const list = (nearest[failed] ??= []);
    if (list.length < MAX_CANDIDATES) list.push(entry);
  }
  return nearest
    .flat()
    .slice(0, MAX_CANDIDATES)
    .sort((a, b) => a.rank - b.rank)
    .map((entry) => candidate(entry, request));
}

function candidate<T>(entry: Entry<T>, request: ExplainedRequest): RouteCandidate {
  const { route, group } = entry;
  const { query } = request;
  const criteria: Criterion[] = [];
  if (entry.methods !== undefined) {
    const held = methodsHold(entry, request);
    criteria.push({ kind: 'methods', wanted: entry.methods, got: query.method, held });
  }
  if (entry.hosts !== undefined) {
    const got = query.authority;
    criteria.push({ kind: 'hosts', wanted: route.hosts!, got, held: hostsHold(entry, request) });
  }
  for (const criterion of entry.headers ?? []) {
    const wanted = criterion.wanted.map((value) => `${criterion.name}: ${value}`);
    const got = request.headers.values(criterion.slot).map((value) => `${criterion.name}: ${value}`);
    const held = headerHolds(criterion, request.headers);
    criteria.push({ kind: 'headers', wanted, got: got.join('; '), held });
  }
  if (group.paths.length > 0) {
    criteria.push({ kind: 'paths', wanted: group.paths, got: query.path, held: pathsHold(entry, request) });
  }
  if (entry.snis !== undefined) {
    const got = query.scheme === 'https' ? (request.sni ?? '') : 'not TLS';
    criteria.push({ kind: 'snis', wanted: route.snis!, got, held: sniHolds(entry, request) });
  }
  const matched = criteria.every(({ held }) => held);
  return { route, paths: group.paths, priority: group.priority, matched, criteria };
}

function methodsHold<T>({ methods }: Entry<T>, { query }: ExplainedRequest): boolean {
  return methods === undefined || methods.includes(query.method);
}

function hostsHold<T>({ hosts }: Entry<T>, { host, port }: ExplainedRequest): boolean {
  return hosts === undefined || hosts.has(host, port);
}

function allHeadersHold<T>({ headers }: Entry<T>, request: ExplainedRequest): boolean {
  return headers === undefined || headers.every((criterion) => headerHolds(criterion, request.headers));
}

function sniHolds<T>({ snis }: Entry<T>, { query, sni }: ExplainedRequest): boolean {
  return snis === undefined || snisHold(snis, query.scheme, sni);
}

function pathsHold<T>({ group, patterns }: Entry<T>, { query }: ExplainedRequest): boolean {
  if (group.paths.length === 0) return true;
  if (group.isRegex) return patterns.some((pattern) => pattern.test(query.path));
  return group.paths.some((path) => query.path.startsWith(path));
}
