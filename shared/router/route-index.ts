/**
 * Where a request's candidates are found: host first, then path prefix, then what the leaf decides. The
 * number of places looked at depends on the request (labels of its host, length of its path), not on the
 * number of routes.
 *
 * Built once, entries in order of rank; read-only afterwards.
 */
import type { RouteMatch } from './contract.ts';
import type { Entry, Placement } from './entry.ts';
import { type HostPattern, parseHostPattern } from './host-set.ts';
import { append, divide, isLong, type Leaf, newLeaf } from './leaf.ts';
import { collapseRoot, insertNode, newNode, type TreeNode } from './prefix-tree.ts';

export type PathTree<T> = TreeNode<Leaf<T>>;

/** The path trees of one host name or wildcard. */
export interface HostSlot<T> {
  anyPort: PathTree<T> | undefined;
  byPort: Map<number, PathTree<T>> | undefined;
}

/**
 * A route is placed once for each of its hosts with each of its paths. Beyond this many places it is found
 * by path alone and its hosts are checked one route at a time, so that memory stays linear in the
 * configuration.
 */
const MAX_PLACES = 1024;

export class RouteIndex<T> {
  readonly exactHosts = new Map<string, HostSlot<T>>();
  /** Keyed by the wildcard's text reversed; undefined when there are none. */
  suffixHosts: TreeNode<HostSlot<T>> | undefined = undefined;
  prefixHosts: TreeNode<HostSlot<T>> | undefined = undefined;
  anyHost: PathTree<T> = newTree();
  readonly #slots: HostSlot<T>[] = [];
  readonly #long = new Set<Leaf<T>>();

  /** Adds the entry at every place where it can be found. Entries must come in order of rank. */
  add(entry: Entry<T>): void {
    const hosts = [...new Set(entry.route.hosts ?? [])];
    const pathCount = Math.max(1, entry.group.paths.length);
    if (hosts.length === 0) {
      this.#addTo(this.anyHost, entry, false);
    } else if (hosts.length * pathCount > MAX_PLACES) {
      this.#addTo(this.anyHost, entry, true);
    } else {
      for (const host of hosts) this.#addTo(this.#treeOf(parseHostPattern(host), entry.rank), entry, false);
    }
  }

  /** Divides the leaves that have become long and tidies up. Yields now and then. */
  *finish(): Generator<void> {
    let done = 0;
    for (const slot of this.#slots) {
      if (slot.anyPort !== undefined) slot.anyPort = collapseRoot(slot.anyPort);
      for (const [port, tree] of slot.byPort ?? []) slot.byPort!.set(port, collapseRoot(tree));
      if (++done % 256 === 0) yield;
    }
    this.anyHost = collapseRoot(this.anyHost);
    for (const leaf of this.#long) {
      yield* divide(leaf);
      yield;
    }
    this.#long.clear();
    this.#slots.length = 0;
  }

  #addTo(tree: PathTree<T>, entry: Entry<T>, checkHosts: boolean): void {
    const hosts = checkHosts ? entry.hosts : undefined;
    const { rank, group } = entry;
    if (group.paths.length === 0) {
      this.#place(tree, '', { rank, entry, match: fixedMatch(entry, ''), pattern: undefined, hosts });
    } else if (group.isRegex) {
      for (const pattern of entry.patterns) {
        this.#place(tree, pattern.literalPrefix, { rank, entry, match: undefined, pattern, hosts });
      }
    } else {
      for (const path of new Set(group.paths)) {
        this.#place(tree, path, { rank, entry, match: fixedMatch(entry, path), pattern: undefined, hosts });
      }
    }
  }

  #place(tree: PathTree<T>, prefix: string, placement: Placement<T>): void {
    const node = insertNode(tree, prefix, placement.rank);
    if (node.value === undefined) {
      node.value = newLeaf(placement);
      return;
    }
    append(node.value, placement);
    if (isLong(node.value)) this.#long.add(node.value);
  }

  #treeOf(pattern: HostPattern, rank: number): PathTree<T> {
    const slot = this.#slotOf(pattern, rank);
    if (pattern.port === 0) return (slot.anyPort ??= newTree());
    slot.byPort ??= new Map();
    let tree = slot.byPort.get(pattern.port);
    if (tree === undefined) slot.byPort.set(pattern.port, (tree = newTree()));
    return tree;
  }

  #slotOf({ kind, text }: HostPattern, rank: number): HostSlot<T> {
    if (kind === 'exact') {
      let slot = this.exactHosts.get(text);
      if (slot === undefined) this.exactHosts.set(text, (slot = this.#newSlot()));
      return slot;
    }
    let node: TreeNode<HostSlot<T>>;
    if (kind === 'suffix') {
      this.suffixHosts ??= newNode('', Number.POSITIVE_INFINITY);
      node = insertNode(this.suffixHosts, reversed(text), rank);
    } else {
      this.prefixHosts ??= newNode('', Number.POSITIVE_INFINITY);
      node = insertNode(this.prefixHosts, text, rank);
    }
    return (node.value ??= this.#newSlot());
  }

  #newSlot(): HostSlot<T> {
    const slot: HostSlot<T> = { anyPort: undefined, byPort: undefined };
    this.#slots.push(slot);
    return slot;
  }
}

function newTree<T>(): PathTree<T> {
  return newNode('', Number.POSITIVE_INFINITY);
}

function fixedMatch<T>(entry: Entry<T>, matchedPath: string): RouteMatch<T> {
  return Object.freeze({ value: entry.value, route: entry.route, matchedPath, captures: undefined });
}

/** By UTF-16 unit, as the look-up reads it. */
function reversed(text: string): string {
  let out = '';
  for (let i = text.length - 1; i >= 0; i--) out += text[i];
  return out;
}
