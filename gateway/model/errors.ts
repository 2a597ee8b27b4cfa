/** The errors of the model: Kong's codes, names, texts and statuses. */
import { ENTITY, type FieldsTree, fieldsTree, type Problem } from '../../shared/config/schema/problem.ts';
import { ModelError } from './contract.ts';
import { luaTable } from './lua-table.ts';

type Fields = Readonly<Record<string, unknown>>;

/** More problems, and longer texts, tell nobody anything. */
const MAX_PROBLEMS = 1000;
const MAX_MESSAGE = 10_000;

export function invalidPrimaryKey(reason = 'expected a valid UUID'): ModelError {
  const fields = { id: reason };
  return new ModelError(400, {
    code: 1,
    name: 'invalid primary key',
    message: `invalid primary key: '${luaTable(fields)}'`,
    fields,
  });
}

export function schemaViolation(problems: readonly Problem[]): ModelError {
  const fields = fieldsTree(problems.length > MAX_PROBLEMS ? problems.slice(0, MAX_PROBLEMS) : problems);
  const text = violationText(fields);
  const message = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}...` : text;
  return new ModelError(400, { code: 2, name: 'schema violation', message, fields });
}

/** A schema violation of one field, or of the whole entity. */
export function violation(field: string, message: string): ModelError {
  return schemaViolation([{ path: [field], message, kind: 'check' }]);
}

/** Texts about the whole entity come first; two levels are joined with dots, deeper ones are shown as a table. */
function violationText(fields: { readonly [key: string]: FieldsTree }): string {
  const texts: string[] = [];
  const whole = fields[ENTITY];
  if (Array.isArray(whole)) for (const text of whole) texts.push(String(text));
  for (const name of Object.keys(fields).sort()) {
    if (name === ENTITY) continue;
    const problem = fields[name] as FieldsTree;
    if (typeof problem === 'string') texts.push(`${name}: ${problem}`);
    else if (Array.isArray(problem)) {
      problem.forEach((element, i) => {
        if (element !== null) texts.push(`${name}.${i + 1}: ${nestedText(element)}`);
      });
    } else if (problem !== null) {
      for (const key of Object.keys(problem).sort())
        texts.push(`${name}.${key}: ${nestedText(problem[key] ?? null)}`);
    }
  }
  return texts.length === 1
    ? `schema violation (${texts[0]})`
    : `${texts.length} schema violations (${texts.join('; ')})`;
}

function nestedText(problem: FieldsTree): string {
  return typeof problem === 'string' ? problem : luaTable(problem, '  ');
}

export function primaryKeyViolation(id: string): ModelError {
  return new ModelError(400, {
    code: 3,
    name: 'primary key violation',
    message: `primary key violation on key '${luaTable({ id })}'`,
    fields: { id },
  });
}

/** `field` refers to an id that is not there. */
export function danglingReference(field: string, id: string, reference: string): ModelError {
  return new ModelError(400, {
    code: 4,
    name: 'foreign key violation',
    message: `the foreign key '${luaTable({ id })}' does not reference an existing '${reference}' entity.`,
    fields: { [field]: { id } },
  });
}

/** An entity that is to be deleted is needed by one of `child`. */
export function stillReferenced(parent: string, child: string): ModelError {
  return new ModelError(400, {
    code: 4,
    name: 'foreign key violation',
    message: `an existing '${child}' entity references this '${parent}' entity`,
    fields: { '@referenced_by': child },
  });
}

export function uniqueViolation(fields: Fields): ModelError {
  return new ModelError(409, {
    code: 5,
    name: 'unique constraint violation',
    message: `UNIQUE violation detected on '${luaTable(fields)}'`,
    fields,
  });
}

/** `key`: `{id}`, or the endpoint key with its value. */
export function notFound(key: Fields): ModelError {
  const what = Object.hasOwn(key, 'id') ? 'primary key ' : '';
  return new ModelError(404, {
    code: 6,
    name: 'not found',
    message: `could not find the entity with ${what}'${luaTable(key)}'`,
    fields: key,
  });
}

/** `reason`: a text, or the tree of one field. */
export function invalidUnique(field: string, reason: string): ModelError {
  return new ModelError(400, { code: 10, name: `invalid unique ${field}`, message: reason });
}

export function invalidOption(option: string, reason: string): ModelError {
  return new ModelError(400, {
    code: 11,
    name: 'invalid options',
    message: `invalid option (${option}: ${reason})`,
    options: { [option]: reason },
  });
}

export interface UnresolvedReference {
  readonly field: string;
  /** Collection referred to. */
  readonly reference: string;
  /** Unique field by which it was named. */
  readonly by: string;
  readonly value: string;
}

export function unresolvedReferences(unresolved: readonly UnresolvedReference[]): ModelError {
  const fields: Record<string, Record<string, string>> = Object.create(null);
  const texts: string[] = [];
  const byPlace = (a: UnresolvedReference, b: UnresolvedReference) =>
    `${a.field}.${a.by}` < `${b.field}.${b.by}` ? -1 : 1;
  for (const { field, reference, by, value } of [...unresolved].sort(byPlace)) {
    const text = `the foreign key cannot be resolved with '${luaTable({ [by]: value })}' for an existing '${reference}' entity`;
    (fields[field] ??= Object.create(null) as Record<string, string>)[by] = text;
    texts.push(`${field}.${by}: ${text}`);
  }
  return new ModelError(400, {
    code: 13,
    name: 'foreign keys unresolved',
    message:
      texts.length === 1
        ? `foreign key unresolved (${texts[0]})`
        : `${texts.length} foreign keys unresolved (${texts.join('; ')})`,
    fields,
  });
}

/** A CA certificate that is to be deleted is named by `id` of `collection`. */
export function caStillReferenced(ca: string, collection: string, id: string): ModelError {
  return new ModelError(400, {
    code: 19,
    name: 'referenced by others',
    message: `ca certificate ${ca} is still referenced by ${collection} (id = ${id})`,
  });
}
