/**
 * The flat form of errors that `?flatten_errors=1` asks for: one item for each entity that is wrong, with the entity
 * as it was sent. decK and other tools read this rather than the tree.
 */
import type { EntityDefinition } from '../entities/definition.ts';
import type { EntityIndex } from '../entities/index.ts';
import { type FieldsTree, fieldsTree, type Path, type Problem } from '../schema/problem.ts';
import { type Input, isRecord } from '../schema/validate.ts';
import { nestingOf } from './shape.ts';

export interface FlattenedError {
  /** Name of the collection without its final `s`: `service`, `keyauth_credential`. */
  readonly entity_type: string;
  readonly entity_id?: string;
  readonly entity_name?: string;
  readonly entity_tags?: readonly string[];
  /** As sent, without nested entities, and with the parent's id where it has one. */
  readonly entity: Input;
  readonly errors: readonly {
    readonly type: 'field' | 'entity';
    readonly field?: string;
    readonly message: string;
  }[];
}

/** Problems by entity, and those that belong to none. */
export interface EntityErrors {
  readonly entities: readonly FlattenedError[];
  readonly rest: readonly Problem[];
}

/** The two parts of the answer: the items, and what is left in `fields`. */
export function flattenedErrors(errors: EntityErrors): {
  readonly flattened_errors: readonly FlattenedError[];
  readonly fields: { readonly [key: string]: FieldsTree };
} {
  return { flattened_errors: errors.entities, fields: fieldsTree(errors.rest) };
}

interface Owner {
  readonly definition: EntityDefinition;
  readonly input: Input;
  readonly path: Path;
  readonly parent: Owner | undefined;
  readonly parentField: string | undefined;
}

export function entityErrors(
  problems: readonly Problem[],
  document: Input,
  index: EntityIndex,
): EntityErrors {
  const nesting = nestingOf(index);
  const groups = new Map<string, { readonly owner: Owner; readonly problems: Problem[] }>();
  const rest: Problem[] = [];
  for (const problem of problems) {
    const owner = ownerOf(problem.path, document, index, nesting);
    if (owner === undefined) {
      rest.push(problem);
      continue;
    }
    const key = JSON.stringify(owner.path);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { owner, problems: [] }));
    group.problems.push(problem);
  }
  const order = [...index.keys()].sort();
  const entities = [...groups.values()]
    .sort(
      (a, b) =>
        order.indexOf(a.owner.definition.collection) - order.indexOf(b.owner.definition.collection) ||
        comparePaths(a.owner.path, b.owner.path),
    )
    .map(({ owner, problems: own }) => flatten(owner, own, nesting));
  return { entities, rest };
}

/** The innermost entity on the way to a problem. */
function ownerOf(
  path: Path,
  document: Input,
  index: EntityIndex,
  nesting: ReturnType<typeof nestingOf>,
): Owner | undefined {
  let owner: Owner | undefined;
  let node: Input = document;
  for (let i = 0; i + 1 < path.length; i += 2) {
    const [list, position] = [path[i], path[i + 1]];
    if (typeof list !== 'string' || typeof position !== 'number') break;
    const parentField = owner === undefined ? undefined : nesting.get(owner.definition.collection)?.get(list);
    const definition = owner === undefined || parentField !== undefined ? index.get(list) : undefined;
    const elements: unknown = definition === undefined ? undefined : node[list];
    const input: unknown = Array.isArray(elements) ? elements[position] : undefined;
    if (definition === undefined || !isRecord(input)) break;
    owner = { definition, input, path: path.slice(0, i + 2), parent: owner, parentField };
    node = input;
  }
  return owner;
}

function flatten(
  owner: Owner,
  problems: readonly Problem[],
  nesting: ReturnType<typeof nestingOf>,
): FlattenedError {
  const { definition, input, path, parent, parentField } = owner;
  const children = nesting.get(definition.collection);
  const entity: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(input)) if (children?.has(key) !== true) entity[key] = input[key];
  const parentId: unknown = parent?.input['id'];
  if (parentField !== undefined && typeof parentId === 'string') entity[parentField] = { id: parentId };
  const errors = problems.map((problem) => {
    const steps = problem.path.slice(path.length).filter((step) => typeof step !== 'number');
    const isEntity = steps.length === 0 || steps.at(-1) === '@entity';
    return isEntity
      ? ({ type: 'entity', message: problem.message } as const)
      : ({ type: 'field', field: steps.join('.'), message: problem.message } as const);
  });
  const id = input['id'];
  const name = definition.endpointKey === undefined ? undefined : input[definition.endpointKey];
  const tags = input['tags'];
  return {
    entity_type: definition.collection.replace(/s$/, ''),
    ...(typeof id === 'string' ? { entity_id: id } : {}),
    ...(typeof name === 'string' ? { entity_name: name } : {}),
    ...(Array.isArray(tags) ? { entity_tags: tags as string[] } : {}),
    entity,
    errors,
  };
}

function comparePaths(a: Path, b: Path): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (typeof x === 'number' && typeof y === 'number' && x !== y) return x - y;
    if (x !== y) return String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}
