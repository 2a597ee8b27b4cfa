/**
 * The look-up. It keeps the best candidate so far and skips everything that cannot beat it; what it needs
 * on the way is kept in fields and reused, so that a prefix route is found without allocating. It never
 * calls out while it runs (header iteration apart), so one instance serves all requests of a process.
 */
import type { RouteExplanation, RouteMatch, RouteQuery, Router } from './contract.ts';
import { type Entry, headersHold, type Placement, snisHold } from './entry.ts';
import { explainRoutes } from './explain.ts';
import type { HeaderView } from './header-view.ts';
import { portColon, withoutTrailingDot } from './host-set.ts';
import type { Division, Leaf } from './leaf.ts';
import { childAt, type TreeNode } from './prefix-tree.ts';
import { capturesOf } from './regex/compile.ts';
import type { LinearPattern, PatternMatch } from './regex/contract.ts';
import type { HostSlot, PathTree, RouteIndex } from './route-index.ts';

const NONE = Number.POSITIVE_INFINITY;

export class CompiledRouter<T> implements Router<T> {
  readonly size: number;
  readonly #entries: readonly Entry<T>[];
  readonly #index: RouteIndex<T>;
  readonly #view: HeaderView;

  // The request being looked up, and the best candidate so far.
  #query: RouteQuery | undefined = undefined;
  #authority = '';
  #host = '';
  /** The port in the authority; -1 when it has none. */
  #ownPort = -1;
  #port = 0;
  #sni: string | undefined = undefined;
  #viewLoaded = false;
  #best = NONE;
  #winner: Placement<T> | undefined = undefined;
  /** Set instead of `#winner` when the match was ready made. */
  #sure: RouteMatch<T> | undefined = undefined;
  #regexMatch: PatternMatch | null = null;

  constructor(size: number, entries: readonly Entry<T>[], index: RouteIndex<T>, view: HeaderView) {
    this.size = size;
    this.#entries = entries;
    this.#index = index;
    this.#view = view;
  }

  match(query: RouteQuery): RouteMatch<T> | undefined {
    this.#begin(query);
    const index = this.#index;
    const exact = index.exactHosts.get(this.#host);
    if (exact !== undefined) this.#searchSlot(exact);
    if (index.suffixHosts !== undefined) this.#searchHosts(index.suffixHosts, true);
    if (index.prefixHosts !== undefined) this.#searchHosts(index.prefixHosts, false);
    this.#searchPaths(index.anyHost);
    return this.#finish();
  }

  explain(query: RouteQuery): RouteExplanation<T> {
    const match = this.match(query);
    this.#begin(query);
    this.#loadView();
    const candidates = explainRoutes(this.#entries, {
      query,
      host: this.#host,
      port: this.#port,
      sni: this.#sni,
      headers: this.#view,
    });
    this.#finish();
    return { match, candidates };
  }

  #begin(query: RouteQuery): void {
    this.#query = query;
    const { authority, sni } = query;
    if (authority !== this.#authority) this.#readAuthority(authority);
    this.#port = this.#ownPort === -1 ? query.listenPort : this.#ownPort;
    this.#sni = sni === undefined ? undefined : withoutTrailingDot(sni);
    // Left over only if the look-up before threw.
    this.#winner = undefined;
    this.#sure = undefined;
    this.#clearView();
    this.#best = NONE;
  }

  /** Remembered from one look-up to the next: cutting off the port allocates. */
  #readAuthority(authority: string): void {
    const colon = portColon(authority);
    this.#authority = authority;
    this.#host = colon === -1 ? authority : authority.slice(0, colon);
    this.#ownPort = colon === -1 ? -1 : Number(authority.slice(colon + 1));
  }

  #clearView(): void {
    if (!this.#viewLoaded) return;
    this.#viewLoaded = false;
    this.#view.clear();
  }

  #loadView(): void {
    this.#viewLoaded = true;
    this.#view.load(this.#query!.headers);
  }

  #finish(): RouteMatch<T> | undefined {
    const winner = this.#winner;
    const sure = this.#sure;
    const regexMatch = this.#regexMatch;
    const path = this.#query!.path;
    this.#query = undefined;
    this.#winner = undefined;
    this.#sure = undefined;
    this.#regexMatch = null;
    this.#clearView();
    if (winner === undefined) return sure;
    if (winner.match !== undefined) return winner.match;
    const { entry, pattern } = winner;
    if (entry.patterns.length === 1) return regexRouteMatch(entry, pattern!, regexMatch!);
    // Several of the route's expressions may match; the first in its list counts.
    for (const candidate of entry.patterns) {
      const match = candidate.exec(path);
      if (match !== null) return regexRouteMatch(entry, candidate, match);
    }
    return undefined;
  }

  /** Walks all wildcards that cover the host; `backwards` for those that look at its end. */
  #searchHosts(root: TreeNode<HostSlot<T>>, backwards: boolean): void {
    const host = this.#host;
    const last = host.length - 1;
    let node: TreeNode<HostSlot<T>> | undefined = root;
    let at = 0;
    while (node !== undefined && node.min < this.#best) {
      const label: string = node.label;
      const size = label.length;
      if (size > host.length - at) return;
      for (let i = 0; i < size; i++, at++) {
        if (label.charCodeAt(i) !== host.charCodeAt(backwards ? last - at : at)) return;
      }
      if (node.value !== undefined) this.#searchSlot(node.value);
      if (at === host.length) return;
      node = childAt(node, host.charCodeAt(backwards ? last - at : at));
    }
  }

  #searchSlot(slot: HostSlot<T>): void {
    if (slot.anyPort !== undefined) this.#searchPaths(slot.anyPort);
    if (slot.byPort !== undefined) {
      const tree = slot.byPort.get(this.#port);
      if (tree !== undefined) this.#searchPaths(tree);
    }
  }

  #searchPaths(root: PathTree<T>): void {
    const path = this.#query!.path;
    const length = path.length;
    let node: PathTree<T> | undefined = root;
    let at = 0;
    while (node !== undefined && node.min < this.#best) {
      const label: string = node.label;
      const size = label.length;
      if (size > length - at) return;
      for (let i = 0; i < size; i++) {
        if (label.charCodeAt(i) !== path.charCodeAt(at + i)) return;
      }
      at += size;
      const leaf: Leaf<T> | undefined = node.value;
      if (leaf !== undefined && leaf.min < this.#best) this.#searchLeaf(leaf);
      if (at === length) return;
      node = childAt(node, path.charCodeAt(at));
    }
  }

  #searchLeaf(leaf: Leaf<T>): void {
    if (leaf.sure !== undefined) {
      this.#best = leaf.min;
      this.#sure = leaf.sure;
      this.#winner = undefined;
      return;
    }
    const list = leaf.list;
    for (let i = 0; i < list.length; i++) {
      const placement = list[i]!;
      if (placement.rank >= this.#best) break;
      if (this.#holds(placement)) {
        this.#best = placement.rank;
        this.#winner = placement;
        break;
      }
    }
    if (leaf.divided !== undefined) this.#searchDivision(leaf.divided);
  }

  #searchDivision(division: Division<T>): void {
    const query = this.#query!;
    if (division.byHeader !== undefined) {
      if (!this.#viewLoaded) this.#loadView();
      for (const slot of this.#view.present) {
        const parts = division.byHeader.get(slot);
        if (parts === undefined) continue;
        for (const value of this.#view.values(slot)) this.#searchPart(parts.get(value));
      }
    }
    if (division.byMethod !== undefined) this.#searchPart(division.byMethod.get(query.method));
    if (division.bySni !== undefined) {
      if (query.scheme !== 'https') this.#searchPart(division.anySni);
      else if (this.#sni !== undefined) this.#searchPart(division.bySni.get(this.#sni));
    }
  }

  #searchPart(part: Leaf<T> | undefined): void {
    if (part !== undefined && part.min < this.#best) this.#searchLeaf(part);
  }

  /** The criteria that the index has not decided, the dearest last. */
  #holds(placement: Placement<T>): boolean {
    const query = this.#query!;
    const { methods, snis, headers } = placement.entry;
    if (methods !== undefined && !methods.includes(query.method)) return false;
    if (placement.hosts !== undefined && !placement.hosts.has(this.#host, this.#port)) return false;
    if (snis !== undefined && !snisHold(snis, query.scheme, this.#sni)) return false;
    if (headers !== undefined) {
      if (!this.#viewLoaded) this.#loadView();
      if (!headersHold(headers, this.#view)) return false;
    }
    if (placement.pattern === undefined) return true;
    const match = placement.pattern.exec(query.path);
    if (match === null) return false;
    this.#regexMatch = match;
    return true;
  }
}

function regexRouteMatch<T>(entry: Entry<T>, pattern: LinearPattern, match: PatternMatch): RouteMatch<T> {
  return {
    value: entry.value,
    route: entry.route,
    matchedPath: match[0]!,
    captures: capturesOf(pattern, match),
  };
}
