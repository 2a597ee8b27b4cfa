/**
 * A radix tree over text. A look-up walks one path from the root, so its cost depends on the text alone
 * and not on how many texts the tree holds, and allocates nothing.
 *
 * Nodes are plain and open because the router's hot loop walks them itself.
 */
export interface TreeNode<V> {
  /** The text between the parent and this node; `''` at the root unless it was collapsed. */
  label: string;
  value: V | undefined;
  /** The best (lowest) rank at this node or below it. */
  min: number;
  /** Most nodes have one child: it needs no map. -1 and undefined when there are none or several. */
  onlyCode: number;
  only: TreeNode<V> | undefined;
  children: Map<number, TreeNode<V>> | undefined;
}

export function newNode<V>(label: string, min: number): TreeNode<V> {
  return { label, value: undefined, min, onlyCode: -1, only: undefined, children: undefined };
}

export function childAt<V>(node: TreeNode<V>, code: number): TreeNode<V> | undefined {
  if (node.onlyCode === code) return node.only;
  return node.children === undefined ? undefined : node.children.get(code);
}

/** The node for `text`, made if necessary. `rank` lowers `min` on the way. */
export function insertNode<V>(root: TreeNode<V>, text: string, rank: number): TreeNode<V> {
  let node = root;
  let at = 0;
  for (;;) {
    if (rank < node.min) node.min = rank;
    if (at === text.length) return node;
    const child = childAt(node, text.charCodeAt(at));
    if (child === undefined) {
      const leaf = newNode<V>(ownText(text.slice(at)), rank);
      attach(node, leaf);
      return leaf;
    }
    const shared = sharedLength(child.label, text, at);
    at += shared;
    node = shared === child.label.length ? child : split(node, child, shared);
  }
}

function attach<V>(parent: TreeNode<V>, child: TreeNode<V>): void {
  const code = child.label.charCodeAt(0);
  if (parent.children !== undefined) {
    parent.children.set(code, child);
  } else if (parent.only === undefined || parent.onlyCode === code) {
    parent.onlyCode = code;
    parent.only = child;
  } else {
    parent.children = new Map([
      [parent.onlyCode, parent.only],
      [code, child],
    ]);
    parent.onlyCode = -1;
    parent.only = undefined;
  }
}

/** Puts a node between `parent` and `child` after the first `length` characters of the child's label. */
function split<V>(parent: TreeNode<V>, child: TreeNode<V>, length: number): TreeNode<V> {
  const upper = newNode<V>(ownText(child.label.slice(0, length)), child.min);
  attach(parent, upper);
  child.label = ownText(child.label.slice(length));
  attach(upper, child);
  return upper;
}

function sharedLength(label: string, text: string, at: number): number {
  let i = 0;
  while (i < label.length && at + i < text.length && label.charCodeAt(i) === text.charCodeAt(at + i)) i++;
  return i;
}

/**
 * The tree without a root that decides nothing: the only child in its place. The tree takes no more texts
 * after that.
 */
export function collapseRoot<V>(root: TreeNode<V>): TreeNode<V> {
  return root.value === undefined && root.only !== undefined ? root.only : root;
}

/** V8 keeps the slice of a long text as a reference into it: one more place to read for each look-up. */
function ownText(slice: string): string {
  return slice.length < 13 ? slice : Buffer.from(slice, 'utf16le').toString('utf16le');
}
