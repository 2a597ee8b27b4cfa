/**
 * Kong's rules written down as directly as possible and with none of the router's code: every route is
 * tried, the matches are sorted by priority. Slow on purpose; the property test holds the real router
 * against it.
 */
import { createHash } from 'node:crypto';
import type { Route } from '../../config/entities.ts';
import type { RouteQuery } from '../contract.ts';

export interface ReferenceMatch {
  readonly route: Route;
  readonly matchedPath: string;
}

interface Candidate extends ReferenceMatch {
  readonly id: string;
  readonly priority: bigint;
}

export function referenceMatch(routes: readonly Route[], query: RouteQuery): ReferenceMatch | undefined {
  const matching: Candidate[] = [];
  for (const route of routes) {
    const groups = splitPaths(route);
    groups.forEach(({ paths, id }) => {
      if (!criteriaHold(route, query)) return;
      const matchedPath = pathMatch(paths, query.path);
      if (matchedPath === undefined) return;
      matching.push({ route, matchedPath, id, priority: priority(route, paths) });
    });
  }
  matching.sort((a, b) => {
    if (a.priority !== b.priority) return a.priority < b.priority ? 1 : -1;
    return a.id < b.id ? 1 : -1;
  });
  return matching[0];
}

function splitPaths(route: Route): { paths: readonly string[]; id: string }[] {
  const paths = route.paths ?? [];
  const keys = [...new Set(paths.map(groupKey))];
  if (keys.length <= 1) return [{ paths, id: route.id }];
  return keys.map((key, i) => ({
    paths: paths.filter((path) => groupKey(path) === key),
    id: uuid5('7f145bf9-0dce-4f91-98eb-debbce4b9f6b', `${route.id}#${i + 1}`),
  }));
}

function groupKey(path: string): string {
  return path.startsWith('~') ? 'regex' : String(new TextEncoder().encode(path).length);
}

function uuid5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) % 16) + 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) % 64) + 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function priority(route: Route, paths: readonly string[]): bigint {
  const has = (values: readonly unknown[] | null) => values !== null && values.length > 0;
  const headers = Object.keys(route.headers ?? {});
  const kinds = [has(route.methods), has(route.hosts), has(headers), has(route.snis), has(paths)];
  const plain = has(route.hosts) && !route.hosts!.some((host) => host.includes('*'));
  const regex = has(paths) && paths[0]!.startsWith('~');
  const length = has(paths) && !regex ? new TextEncoder().encode(paths[0]).length : 0;
  const bits =
    BigInt(kinds.filter(Boolean).length).toString(2).padStart(3, '0') +
    (plain ? '1' : '0') +
    Math.min(255, headers.length).toString(2).padStart(8, '0') +
    (regex ? '1' : '0') +
    (regex ? route.regex_priority : 0).toString(2).padStart(32, '0') +
    length.toString(2).padStart(19, '0');
  return BigInt(`0b${bits}`);
}

function criteriaHold(route: Route, query: RouteQuery): boolean {
  if (route.methods?.length && !route.methods.includes(query.method)) return false;
  if (route.hosts?.length && !route.hosts.some((host) => hostHolds(host, query))) return false;
  for (const [name, values] of Object.entries(route.headers ?? {})) {
    if (!values.some((value) => headerHolds(name, value, query))) return false;
  }
  if (route.snis?.length && query.scheme === 'https') {
    const sni = query.sni?.replace(/\.$/, '');
    if (sni === undefined) return false;
    if (!route.snis.some((pattern) => wildcardHolds(pattern.replace(/(.)\.$/, '$1'), sni))) return false;
  }
  return true;
}

function hostHolds(pattern: string, query: RouteQuery): boolean {
  const [host, port] = splitPort(query.authority);
  const [wanted, wantedPort] = splitPort(pattern);
  if (wantedPort !== undefined && wantedPort !== (port ?? query.listenPort)) return false;
  return wildcardHolds(wanted, host);
}

function splitPort(text: string): [string, number | undefined] {
  const match = /^([^:]*):(\d+)$/.exec(text);
  return match === null ? [text, undefined] : [match[1]!, Number(match[2])];
}

function wildcardHolds(pattern: string, host: string): boolean {
  if (pattern.startsWith('*')) return host.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return host.startsWith(pattern.slice(0, -1));
  return pattern === host;
}

function headerHolds(name: string, wanted: string, query: RouteQuery): boolean {
  const key = (text: string) => text.toLowerCase().replaceAll('_', '-');
  let holds = false;
  query.headers.forEach((header, value) => {
    if (key(header) !== key(name)) return;
    const lower = value.toLowerCase();
    if (
      wanted.startsWith('~*') ? new RegExp(wanted.slice(2), 'i').test(lower) : wanted.toLowerCase() === lower
    ) {
      holds = true;
    }
  });
  return holds;
}

function pathMatch(paths: readonly string[], path: string): string | undefined {
  if (paths.length === 0) return '';
  for (const candidate of paths) {
    if (candidate.startsWith('~')) {
      const match = new RegExp(`^(?:${candidate.slice(1)})`).exec(path);
      if (match !== null) return match[0];
    } else if (path.startsWith(candidate)) {
      return candidate;
    }
  }
  return undefined;
}
