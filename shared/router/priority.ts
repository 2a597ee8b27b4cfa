/**
 * Which route wins when several match: Kong's 64-bit priority and its tie rule. A route with several
 * paths stands in the order once for each group of them, all regular expressions together and prefixes by
 * equal length, because each group has its own priority.
 */
import type { Route } from '../config/entities.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

export interface PathGroup {
  /** As configured; empty for a route without paths. */
  readonly paths: readonly string[];
  readonly isRegex: boolean;
  /** What ties are decided by: the route's id, or a v5 id derived from it when the route was split. */
  readonly id: string;
  readonly priority: bigint;
}

/** Kong's namespace for the ids of split routes. */
const SPLIT_NAMESPACE = Buffer.from('7f145bf90dce4f9198ebdebbce4b9f6b', 'hex');

const MAX_HEADERS = 255;
const MAX_PATH_LENGTH = 0x7ffff;

export function isRegexPath(path: string): boolean {
  return path.charCodeAt(0) === 0x7e;
}

/** The groups in the order in which their first path appears. */
export function pathGroups(route: Route): PathGroup[] {
  const paths = route.paths ?? [];
  if (paths.length <= 1) return [groupOf(route, paths, route.id)];
  const byLength = new Map<number, string[]>();
  for (const path of new Set(paths)) {
    const length = isRegexPath(path) ? -1 : Buffer.byteLength(path);
    const group = byLength.get(length);
    if (group === undefined) byLength.set(length, [path]);
    else group.push(path);
  }
  if (byLength.size === 1) return [groupOf(route, paths, route.id)];
  const groups: PathGroup[] = [];
  for (const group of byLength.values()) {
    groups.push(groupOf(route, group, splitId(`${route.id}#${groups.length + 1}`)));
  }
  return groups;
}

function groupOf(route: Route, paths: readonly string[], id: string): PathGroup {
  const isRegex = paths.length > 0 && isRegexPath(paths[0]!);
  return { paths, isRegex, id, priority: priorityOf(route, paths, isRegex) };
}

/**
 * From the highest bit down: 3 number of criterion kinds, 1 all hosts without wildcard, 8 number of header
 * names, 1 regex, 32 `regex_priority`, 19 length of the prefix in bytes. As in Kong a negative
 * `regex_priority` spills over the bits above it.
 */
function priorityOf(route: Route, paths: readonly string[], isRegex: boolean): bigint {
  const headerCount = route.headers === null ? 0 : Object.keys(route.headers).length;
  const hosts = route.hosts ?? [];
  let kinds = 0;
  if (route.methods !== null && route.methods.length > 0) kinds++;
  if (hosts.length > 0) kinds++;
  if (headerCount > 0) kinds++;
  if (route.snis !== null && route.snis.length > 0) kinds++;
  if (paths.length > 0) kinds++;
  const plainHosts = hosts.length > 0 && hosts.every((host) => !host.includes('*'));
  let priority = (BigInt(kinds) << 61n) | (BigInt(Math.min(headerCount, MAX_HEADERS)) << 52n);
  if (plainHosts) priority |= 1n << 60n;
  if (isRegex) priority |= (1n << 51n) | BigInt.asUintN(64, BigInt(route.regex_priority) << 19n);
  else if (paths.length > 0) priority |= BigInt(Buffer.byteLength(paths[0]!) & MAX_PATH_LENGTH);
  return BigInt.asUintN(64, priority);
}

/** RFC 9562 version 5. */
function splitId(name: string): string {
  const hash = createHash('sha1').update(SPLIT_NAMESPACE).update(name).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
