/**
 * The five kinds of changes that transformers make to anything that has named values, in Kong's order: remove,
 * rename, replace what is there, add what is not, append always.
 */
import type { Names } from '../template/expression.ts';
import { compileTemplate, type Template } from '../template/template.ts';

/** Something with named values. */
export interface NamedValues {
  has(name: string): boolean;
  remove(name: string): void;
  /** Called for names that are there. */
  rename(from: string, to: string): void;
  set(name: string, value: unknown): void;
  append(name: string, value: unknown): void;
}

export type Pair<V = unknown> = readonly [name: string, value: V];

export interface Changes<V = unknown> {
  readonly remove: readonly string[];
  readonly rename: readonly Pair<string>[];
  readonly replace: readonly Pair<V>[];
  readonly add: readonly Pair<V>[];
  readonly append: readonly Pair<V>[];
}

export function isEmpty({ remove, rename, replace, add, append }: Changes): boolean {
  return remove.length + rename.length + replace.length + add.length + append.length === 0;
}

export function applyChanges(values: NamedValues, changes: Changes): void {
  for (const name of changes.remove) values.remove(name);
  for (const [from, to] of changes.rename) if (values.has(from)) values.rename(from, to);
  for (const [name, value] of changes.replace) if (values.has(name)) values.set(name, value);
  for (const [name, value] of changes.add) if (!values.has(name)) values.set(name, value);
  for (const [name, value] of changes.append) values.append(name, value);
}

/** `name:value`: cut at the first run of colons, as Kong does; white space stays. */
export function cutPair(text: string): Pair<string> {
  const parts = /^([^:]+):*(.*)$/s.exec(text);
  return parts === null ? [text, ''] : [parts[1]!, parts[2]!];
}

type Lists = Readonly<Record<'remove' | 'rename' | 'replace' | 'add' | 'append', readonly string[]>>;

/** Changes whose values are templates. What does not depend on the request is made once. */
export class TemplatedChanges {
  readonly isEmpty: boolean;
  readonly #fixed: Changes<string> | undefined;
  readonly #remove: readonly string[];
  readonly #templates: Readonly<Record<'rename' | 'replace' | 'add' | 'append', readonly Pair<Template>[]>>;

  constructor(lists: Lists) {
    const compiled = (list: readonly string[]) =>
      list.map((text): Pair<Template> => {
        const [name, value] = cutPair(text);
        return [name, compileTemplate(value)];
      });
    this.#remove = lists.remove.map((text) => cutPair(text)[0]);
    this.#templates = {
      rename: compiled(lists.rename),
      replace: compiled(lists.replace),
      add: compiled(lists.add),
      append: compiled(lists.append),
    };
    const all = Object.values(this.#templates).flat();
    this.isEmpty = all.length === 0 && this.#remove.length === 0;
    this.#fixed = all.every(([, template]) => template.fixed !== undefined)
      ? this.#render({ table: () => null })
      : undefined;
  }

  /** The names are looked up now. */
  for(names: Names): Changes<string> {
    return this.#fixed ?? this.#render(names);
  }

  #render(names: Names): Changes<string> {
    const render = (list: readonly Pair<Template>[]) =>
      list.map(([name, template]): Pair<string> => [name, template.render(names)]);
    const { rename, replace, add, append } = this.#templates;
    return {
      remove: this.#remove,
      rename: render(rename),
      replace: render(replace),
      add: render(add),
      append: render(append),
    };
  }
}
