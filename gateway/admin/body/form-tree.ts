/**
 * The names of a form as a tree: `config.add.headers[1]=a`, `hosts[]=a`, `headers[x-y]=a`, as Kong reads them.
 * Keys come from outside: they live in maps, never in objects with a prototype.
 */

/** A text as it came, or a JSON value of a multipart part that said it is JSON. */
export type FormValue = string | { readonly json: unknown };

export interface FormNode {
  /** Everything that was sent under exactly this name, in order. */
  readonly values: FormValue[];
  readonly named: Map<string, FormNode>;
  /** `[1]`, `[2]`, ... */
  readonly indexed: Map<number, FormNode>;
  /** `[]` */
  readonly appended: FormNode[];
}

/** Deeper names are one plain name: no configuration nests so far. */
const MAX_DEPTH = 32;
const INDEX = /^\d{1,6}$/;

export function formTree(pairs: Iterable<readonly [name: string, value: FormValue]>): FormNode {
  const root = emptyNode();
  for (const [name, value] of pairs) {
    let node = root;
    for (const step of steps(name)) node = child(node, step);
    node.values.push(value);
  }
  return root;
}

function emptyNode(): FormNode {
  return { values: [], named: new Map(), indexed: new Map(), appended: [] };
}

/** A field's name, a position in a list, or the next place of a list. */
type Step = string | number | undefined;

function child(node: FormNode, step: Step): FormNode {
  const made = emptyNode();
  if (step === undefined) {
    node.appended.push(made);
    return made;
  }
  const children = (typeof step === 'number' ? node.indexed : node.named) as Map<Step, FormNode>;
  const known = children.get(step);
  if (known !== undefined) return known;
  children.set(step, made);
  return made;
}

/** Dots separate names, brackets at the end of a name lead into it. What is not written so is one plain name. */
function steps(name: string): readonly Step[] {
  const found: Step[] = [];
  let from = 0;
  let at = 0;
  while (at < name.length) {
    const character = name[at];
    if (character === '.') {
      if (at === from && name[at - 1] !== ']') return [name];
      if (at > from) found.push(name.slice(from, at));
      at++;
      from = at;
      if (at === name.length) return [name];
    } else if (character === '[') {
      const close = name.indexOf(']', at);
      if (close === -1 || (at === from && name[at - 1] !== ']')) return [name];
      const next = name[close + 1];
      if (next !== undefined && next !== '.' && next !== '[') return [name];
      if (at > from) found.push(name.slice(from, at));
      const inside = name.slice(at + 1, close);
      found.push(inside === '' ? undefined : INDEX.test(inside) ? Number(inside) : inside);
      at = close + 1;
      from = at;
    } else at++;
  }
  if (from < name.length) found.push(name.slice(from));
  return found.length === 0 || found.length > MAX_DEPTH ? [name] : found;
}
