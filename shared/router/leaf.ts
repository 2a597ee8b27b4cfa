/**
 * What is left to decide once host and path prefix are known: the placements at one node. A short list is
 * looked through in order; a long one is divided by what its routes ask for (a header value, a method, an
 * SNI), so that ten thousand routes that differ only in a header value cost one look-up.
 */
import type { RouteMatch } from './contract.ts';
import type { Placement } from './entry.ts';

export interface Leaf<T> {
  /** The best rank in here. */
  min: number;
  /**
   * Set when the first placement needs no further check: it wins here, and nothing else need be read. With
   * many routes each object that a look-up touches is a cache miss.
   */
  sure: RouteMatch<T> | undefined;
  /** In order of rank. */
  list: Placement<T>[];
  divided: Division<T> | undefined;
}

export interface Division<T> {
  /** By slot of the header, then by value in lower case. */
  readonly byHeader: ReadonlyMap<number, ReadonlyMap<string, Leaf<T>>> | undefined;
  readonly byMethod: ReadonlyMap<string, Leaf<T>> | undefined;
  readonly bySni: ReadonlyMap<string, Leaf<T>> | undefined;
  /** The same placements as in `bySni`, for plain requests, which pass every SNI criterion. */
  readonly anySni: Leaf<T> | undefined;
}

/** Up to this many a list is faster than maps. */
const SHORT = 8;

type Dimension = 'header' | 'sni' | 'method';

export function newLeaf<T>(first: Placement<T> | undefined): Leaf<T> {
  const leaf: Leaf<T> = { min: Number.POSITIVE_INFINITY, sure: undefined, list: [], divided: undefined };
  if (first !== undefined) append(leaf, first);
  return leaf;
}

export function isLong<T>(leaf: Leaf<T>): boolean {
  return leaf.list.length > SHORT;
}

/** Divides a long leaf. Yields now and then, so that the caller can let others run. */
export function* divide<T>(leaf: Leaf<T>): Generator<void> {
  yield* divideBy(leaf, ['header', 'sni', 'method']);
}

function* divideBy<T>(leaf: Leaf<T>, dimensions: readonly Dimension[]): Generator<void> {
  if (!isLong(leaf) || dimensions.length === 0) return;
  const popularity = dimensions.includes('header') ? headerPopularity(leaf.list) : undefined;
  const byHeader = new Map<number, Map<string, Leaf<T>>>();
  const byMethod = new Map<string, Leaf<T>>();
  const bySni = new Map<string, Leaf<T>>();
  const anySni = newLeaf<T>(undefined);
  const rest: Placement<T>[] = [];
  let done = 0;
  for (const placement of leaf.list) {
    if (++done % 256 === 0) yield;
    const { methods, headers, exactSnis } = placement.entry;
    const header = popularity === undefined ? undefined : bestHeader(placement, popularity);
    if (header !== undefined) {
      let values = byHeader.get(header);
      if (values === undefined) byHeader.set(header, (values = new Map()));
      const criterion = headers!.find((candidate) => candidate.slot === header)!;
      for (const value of new Set(criterion.values)) add(values, value, placement);
    } else if (exactSnis !== undefined && dimensions.includes('sni')) {
      for (const sni of new Set(exactSnis)) add(bySni, sni, placement);
      append(anySni, placement);
    } else if (methods !== undefined && dimensions.includes('method')) {
      for (const method of new Set(methods)) add(byMethod, method, placement);
    } else {
      rest.push(placement);
    }
  }
  if (rest.length === leaf.list.length) return;
  leaf.list = rest;
  leaf.divided = {
    byHeader: byHeader.size === 0 ? undefined : byHeader,
    byMethod: byMethod.size === 0 ? undefined : byMethod,
    bySni: bySni.size === 0 ? undefined : bySni,
    anySni: bySni.size === 0 ? undefined : anySni,
  };
  const others = (dimension: Dimension) => dimensions.filter((other) => other !== dimension);
  for (const values of byHeader.values()) {
    for (const part of values.values()) yield* divideBy(part, others('header'));
  }
  for (const part of bySni.values()) yield* divideBy(part, others('sni'));
  yield* divideBy(anySni, others('sni'));
  for (const part of byMethod.values()) yield* divideBy(part, others('method'));
}

function add<T>(parts: Map<string, Leaf<T>>, key: string, placement: Placement<T>): void {
  const part = parts.get(key);
  if (part === undefined) parts.set(key, newLeaf(placement));
  else append(part, placement);
}

export function append<T>(leaf: Leaf<T>, placement: Placement<T>): void {
  if (leaf.list.length === 0) {
    leaf.min = placement.rank;
    const { methods, headers, snis } = placement.entry;
    const isSure =
      methods === undefined && headers === undefined && snis === undefined && placement.hosts === undefined;
    if (isSure) leaf.sure = placement.match;
  }
  leaf.list.push(placement);
}

/** How many different values the routes ask for, by header slot. */
function headerPopularity<T>(list: readonly Placement<T>[]): Map<number, Set<string>> {
  const popularity = new Map<number, Set<string>>();
  for (const { entry } of list) {
    for (const { slot, values } of entry.headers ?? []) {
      let seen = popularity.get(slot);
      if (seen === undefined) popularity.set(slot, (seen = new Set()));
      for (const value of values) seen.add(value);
    }
  }
  return popularity;
}

/** The header by which a placement is told apart best; one with a regex cannot be looked up. */
function bestHeader<T>(
  placement: Placement<T>,
  popularity: ReadonlyMap<number, ReadonlySet<string>>,
): number | undefined {
  let best: number | undefined;
  let bestCount = 0;
  for (const { slot, patterns } of placement.entry.headers ?? []) {
    const count = popularity.get(slot)!.size;
    if (patterns.length > 0 || count <= bestCount) continue;
    best = slot;
    bestCount = count;
  }
  return best;
}
