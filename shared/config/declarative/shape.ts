/**
 * The first stage: walks the document, finds the entities in it (also those nested in others) and validates
 * each. All problems are collected; the later stages only run when there are none.
 */
import type { EntityDefinition } from '../entities/definition.ts';
import type { EntityIndex } from '../entities/index.ts';
import { validatePlugin } from '../entities/plugins.ts';
import type { PluginRegistry } from '../plugin-registry.ts';
import type { Path, Problem, ProblemKind } from '../schema/problem.ts';
import { isUuid } from '../schema/rules.ts';
import { type ForeignReader, type Input, isRecord, validate } from '../schema/validate.ts';
import type { EntityNode } from './entity-node.ts';

export const FORMAT_VERSIONS = ['1.1', '2.1', '3.0'] as const;

/** More problems than this are not collected: a broken document of millions of entries must not fill the memory. */
export const MAX_PROBLEMS = 10_000;

export interface Shape {
  readonly nodes: readonly EntityNode[];
  readonly problems: readonly Problem[];
  /** Whether values are as sent (secrets to be hashed), not as stored. */
  readonly transform: boolean;
}

/** The lists that may stand inside an entity of a collection: list name to the foreign key that it fills. */
export type Nesting = ReadonlyMap<string, ReadonlyMap<string, string>>;

const ANNOTATIONS = ['_comment', '_ignore'] as const;
/** Kong exports these; their meaning is limited to what the reader checks below. */
const INERT_LISTS = ['workspaces', 'filter_chains'] as const;

const nestings = new WeakMap<EntityIndex, Nesting>();

export function nestingOf(index: EntityIndex): Nesting {
  let nesting = nestings.get(index);
  if (nesting === undefined) {
    const result = new Map<string, Map<string, string>>();
    for (const definition of index.values()) {
      for (const { field, reference } of definition.foreignKeys) {
        let children = result.get(reference);
        if (children === undefined) result.set(reference, (children = new Map()));
        if (!children.has(definition.collection)) children.set(definition.collection, field);
      }
    }
    nesting = result;
    nestings.set(index, nesting);
  }
  return nesting;
}

export function readShape(document: Input, index: EntityIndex, registry: PluginRegistry): Shape {
  const walker = new Walker(index, registry);
  walker.header(document);
  for (const definition of index.values()) {
    if (Object.hasOwn(document, definition.collection)) {
      walker.list(definition, document[definition.collection], [definition.collection], undefined, undefined);
    }
  }
  return {
    nodes: walker.nodes,
    problems: walker.problems,
    transform: document['_transform'] !== false,
  };
}

/** Foreign keys in documents: an id, a name, or `{id}`; and the mark that the walker itself puts in. */
const readReference: ForeignReader = (value) => {
  if (typeof value === 'string') return value === '' ? { message: 'length must be at least 1' } : { value };
  if (value instanceof Surrounding) return { value };
  if (!isRecord(value)) return { message: 'expected a string' };
  const id = Object.hasOwn(value, 'id') ? value['id'] : undefined;
  if (id === undefined || id === null) return { message: 'missing primary key', at: 'id' };
  if (typeof id !== 'string') return { message: 'expected a string', at: 'id' };
  return isUuid(id) ? { value: { id: id.toLowerCase() } } : { message: 'expected a valid UUID', at: 'id' };
};

/** Stands for the surrounding entity in a foreign key. */
class Surrounding {}
const SURROUNDING = new Surrounding();

class Walker {
  readonly nodes: EntityNode[] = [];
  readonly problems: Problem[] = [];
  readonly #index: EntityIndex;
  readonly #registry: PluginRegistry;
  readonly #nesting: Nesting;
  /** Per collection: keys that are no fields of the entity, and names that could have been meant. */
  readonly #beside = new Map<
    string,
    { readonly ignore: ReadonlySet<string>; readonly suggest: readonly string[] }
  >();

  constructor(index: EntityIndex, registry: PluginRegistry) {
    this.#index = index;
    this.#registry = registry;
    this.#nesting = nestingOf(index);
  }

  #report(path: Path, message: string, kind: ProblemKind, candidates?: readonly string[]): void {
    this.problems.push(
      candidates === undefined ? { path, message, kind } : { path, message, kind, candidates },
    );
  }

  header(document: Input): void {
    const version = document['_format_version'];
    const at = ['_format_version'];
    if (version === undefined || version === null) this.#report(at, 'required field missing', 'required');
    else if (typeof version !== 'string') this.#report(at, 'expected a string', 'type');
    else if (!(FORMAT_VERSIONS as readonly string[]).includes(version)) {
      this.#report(at, `expected one of: ${FORMAT_VERSIONS.join(', ')}`, 'enum');
    }
    const transform = document['_transform'];
    if (transform !== undefined && transform !== null && typeof transform !== 'boolean') {
      this.#report(['_transform'], 'expected a boolean', 'type');
    }
    this.#annotations(document, []);
    const names = ['_format_version', '_transform', ...ANNOTATIONS, ...this.#index.keys(), ...INERT_LISTS];
    for (const key of Object.keys(document)) {
      if (!names.includes(key)) this.#report([key], 'unknown field', 'unknown', names);
    }
    this.#inert(document);
  }

  /** There is one workspace, and there is no WebAssembly: documents may say so, but not more. */
  #inert(document: Input): void {
    for (const name of INERT_LISTS) {
      const list = document[name];
      if (list === undefined || list === null) continue;
      if (!Array.isArray(list)) {
        this.#report([name], 'expected an array', 'type');
        continue;
      }
      list.forEach((entry: unknown, i) => {
        if (name === 'filter_chains') {
          this.#report([name, i], 'filter chains are only available when wasm is enabled', 'forbidden');
        } else if (!isRecord(entry) || entry['name'] !== 'default') {
          this.#report([name, i], "the only workspace is 'default'", 'forbidden');
        }
      });
    }
  }

  #annotations(input: Input, path: Path): void {
    const comment = input['_comment'];
    if (comment !== undefined && comment !== null && typeof comment !== 'string') {
      this.#report([...path, '_comment'], 'expected a string', 'type');
    }
    const ignored = input['_ignore'];
    if (ignored !== undefined && ignored !== null && !Array.isArray(ignored)) {
      this.#report([...path, '_ignore'], 'expected an array', 'type');
    }
  }

  list(
    definition: EntityDefinition,
    list: unknown,
    path: Path,
    parent: EntityNode | undefined,
    parentField: string | undefined,
  ): void {
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) {
      this.#report(path, 'expected an array', 'type');
      return;
    }
    for (let i = 0; i < list.length; i++) {
      if (this.problems.length >= MAX_PROBLEMS) return;
      this.#entity(definition, list[i], [...path, i], i, parent, parentField);
    }
  }

  #entity(
    definition: EntityDefinition,
    input: unknown,
    path: Path,
    position: number,
    parent: EntityNode | undefined,
    parentField: string | undefined,
  ): void {
    if (!isRecord(input)) {
      this.#report(path, 'expected a record', 'type');
      return;
    }
    this.#annotations(input, path);
    const children = this.#nesting.get(definition.collection);
    const { ignore, suggest } = this.#besideOf(definition);
    let own: Input = input;
    if (parentField !== undefined) {
      own = Object.assign(Object.create(null) as Record<string, unknown>, input, {
        [parentField]: SURROUNDING,
      });
    }
    if (definition.prepare !== undefined) own = definition.prepare(own);
    const options = { foreign: readReference, at: path, ignore, suggest };
    const { value, problems } =
      definition.collection === 'plugins'
        ? validatePlugin(own, this.#registry, options)
        : validate(definition.schema, own, options);
    for (const problem of problems) this.problems.push(problem);
    const node: EntityNode = { definition, path, input, value, parent, parentField, position };
    if (parentField !== undefined) value[parentField] = parent;
    this.nodes.push(node);
    if (children === undefined) return;
    for (const [collection, field] of children) {
      if (!Object.hasOwn(input, collection)) continue;
      const child = this.#index.get(collection) as EntityDefinition;
      this.list(child, input[collection], [...path, collection], node, field);
    }
  }

  #besideOf(definition: EntityDefinition) {
    let beside = this.#beside.get(definition.collection);
    if (beside === undefined) {
      const suggest = [...(this.#nesting.get(definition.collection)?.keys() ?? [])];
      beside = { suggest, ignore: new Set([...suggest, ...ANNOTATIONS]) };
      this.#beside.set(definition.collection, beside);
    }
    return beside;
  }
}
