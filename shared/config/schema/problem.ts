/**
 * What the schema engine says about a value that is wrong, and how a list of such problems becomes the
 * tree that Kong calls `fields`. Problems know nothing of files and lines: whoever has the document adds
 * those. Never build the tree with prototype-bearing objects, its keys come from outside.
 */

/** Steps from the root of the validated value: field names, map keys, list positions (from 0). */
export type Path = readonly (string | number)[];

/** The last step of a problem that is about a whole record. */
export const ENTITY = '@entity';

/** What kind of rule was broken; a finding code is chosen by it. */
export type ProblemKind =
  | 'type'
  | 'required'
  | 'unknown'
  | 'enum'
  | 'range'
  | 'length'
  | 'format'
  | 'forbidden'
  | 'check'
  | 'reference'
  | 'plugin';

export interface Problem {
  readonly path: Path;
  /** Kong's text. */
  readonly message: string;
  readonly kind: ProblemKind;
  /** Names or values that would have been accepted here, for a did-you-mean. */
  readonly candidates?: readonly string[];
}

export type FieldsTree = string | FieldsTree[] | null | { [key: string]: FieldsTree };

/**
 * The problems as a tree that mirrors the value: records and maps become objects, lists become arrays
 * with `null` for elements that are right, `@entity` collects an array of messages.
 */
export function fieldsTree(problems: readonly Problem[]): { [key: string]: FieldsTree } {
  const root: { [key: string]: FieldsTree } = Object.create(null);
  for (const { path, message } of problems) place(root, path, message);
  return root;
}

/** Puts a message into the tree; the first message of a place stays. */
export function place(root: { [key: string]: FieldsTree }, path: Path, message: string): void {
  if (path.length === 0) {
    place(root, [ENTITY], message);
    return;
  }
  let node: FieldsTree = root;
  for (let i = 0; i < path.length - 1; i++) {
    const step = path[i] as string | number;
    let child = read(node, step);
    if (child === null || child === undefined) {
      child = typeof path[i + 1] === 'number' ? [] : Object.create(null);
      write(node, step, child as FieldsTree);
    }
    if (typeof child === 'string') return;
    node = child as FieldsTree;
  }
  const last = path[path.length - 1] as string | number;
  if (last === ENTITY) {
    const list = read(node, ENTITY);
    if (Array.isArray(list)) list.push(message);
    else write(node, ENTITY, [message]);
    return;
  }
  const present = read(node, last);
  if (present === undefined || present === null) write(node, last, message);
}

function read(node: FieldsTree, step: string | number): FieldsTree | undefined {
  if (Array.isArray(node)) return typeof step === 'number' ? node[step] : undefined;
  if (node === null || typeof node === 'string') return undefined;
  return node[step];
}

function write(node: FieldsTree, step: string | number, value: FieldsTree): void {
  if (Array.isArray(node)) {
    if (typeof step !== 'number') return;
    while (node.length < step) node.push(null);
    node[step] = value;
  } else if (node !== null && typeof node === 'object') {
    node[step] = value;
  }
}
