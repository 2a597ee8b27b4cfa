/**
 * One line of the routing order: a route with one of its path groups, its criteria compiled. The same
 * checks decide requests and are shown by `explain`.
 */
import type { Route } from '../config/entities.ts';
import type { RouteMatch } from './contract.ts';
import type { HeaderView } from './header-view.ts';
import { headerKey } from './header-view.ts';
import { HostSet, parseHostPattern, parseSniPattern } from './host-set.ts';
import type { PathGroup } from './priority.ts';
import { compilePattern } from './regex/compile.ts';
import type { LinearPattern } from './regex/contract.ts';

export interface HeaderCriterion {
  readonly name: string;
  readonly slot: number;
  /** As configured. */
  readonly wanted: readonly string[];
  /** In lower case. */
  readonly values: readonly string[];
  readonly patterns: readonly LinearPattern[];
}

export interface Entry<T> {
  /** Position in the order; 0 is looked at first. */
  rank: number;
  readonly route: Route;
  readonly value: T;
  readonly group: PathGroup;
  readonly methods: readonly string[] | undefined;
  readonly headers: readonly HeaderCriterion[] | undefined;
  readonly snis: HostSet | undefined;
  /** The SNI names when none has a wildcard. */
  readonly exactSnis: readonly string[] | undefined;
  readonly hosts: HostSet | undefined;
  /** Of a regex group, in the order of its paths. */
  readonly patterns: readonly LinearPattern[];
}

/** One place of an entry in the index. */
export interface Placement<T> {
  readonly rank: number;
  readonly entry: Entry<T>;
  /** What a prefix, or no path at all, matches with: shared by all requests. */
  readonly match: RouteMatch<T> | undefined;
  /** Set for a regex instead of `match`. */
  readonly pattern: LinearPattern | undefined;
  /** Set when the index did not decide the host yet. */
  readonly hosts: HostSet | undefined;
}

/** A route that cannot be compiled; validation should have refused it. */
export class RouteCompileError extends Error {
  readonly routeId: string;

  constructor(route: Route, message: string) {
    super(`route ${route.name ?? route.id}: ${message}`);
    this.name = 'RouteCompileError';
    this.routeId = route.id;
  }
}

export function compileEntry<T>(route: Route, value: T, group: PathGroup, view: HeaderView): Entry<T> {
  const snis = nonEmpty(route.snis)?.map(parseSniPattern);
  const hosts = nonEmpty(route.hosts)?.map(parseHostPattern);
  return {
    rank: -1,
    route,
    value,
    group,
    methods: nonEmpty(route.methods),
    headers: compileHeaders(route, view),
    snis: snis && new HostSet(snis),
    exactSnis: snis?.every(({ kind }) => kind === 'exact') ? snis.map(({ text }) => text) : undefined,
    hosts: hosts && new HostSet(hosts),
    patterns: group.isRegex ? group.paths.map((path) => pathPattern(route, path)) : [],
  };
}

function nonEmpty<V>(values: readonly V[] | null): readonly V[] | undefined {
  return values === null || values.length === 0 ? undefined : values;
}

function pathPattern(route: Route, path: string): LinearPattern {
  const result = compilePattern(path.slice(1), { anchored: true });
  if (!result.ok) throw new RouteCompileError(route, `path '${path}': ${result.message}`);
  return result.pattern;
}

function compileHeaders(route: Route, view: HeaderView): HeaderCriterion[] | undefined {
  const criteria: HeaderCriterion[] = [];
  for (const [name, wanted] of Object.entries(route.headers ?? {})) {
    const values: string[] = [];
    const patterns: LinearPattern[] = [];
    for (const value of wanted) {
      if (!value.startsWith('~*')) {
        values.push(value.toLowerCase());
        continue;
      }
      const result = compilePattern(value.slice(2), { anchored: false, caseInsensitive: true });
      if (!result.ok) throw new RouteCompileError(route, `header ${name} '${value}': ${result.message}`);
      patterns.push(result.pattern);
    }
    criteria.push({ name: headerKey(name), slot: view.slotOf(name), wanted, values, patterns });
  }
  return criteria.length === 0 ? undefined : criteria;
}

export function headerHolds(criterion: HeaderCriterion, view: HeaderView): boolean {
  for (const value of view.values(criterion.slot)) {
    if (criterion.values.includes(value)) return true;
    for (const pattern of criterion.patterns) if (pattern.test(value)) return true;
  }
  return false;
}

export function headersHold(criteria: readonly HeaderCriterion[], view: HeaderView): boolean {
  for (const criterion of criteria) if (!headerHolds(criterion, view)) return false;
  return true;
}

/** SNI only counts on TLS: a plain request passes (Kong issue 6425). */
export function snisHold(snis: HostSet, scheme: 'http' | 'https', sni: string | undefined): boolean {
  return scheme !== 'https' || (sni !== undefined && snis.has(sni, 0));
}
