/**
 * The schema engine: takes a value from outside and a description from `field.ts`, returns the value as it is
 * stored (defaults filled in, sets without duplicates, shorthands rewritten) together with everything that is
 * wrong with it, in Kong's words.
 *
 * It never throws for anything a document can hold, never changes its input, and never lets a key from
 * outside become a property of an object that has a prototype.
 */
import type { AnyField, EntityCheck, Fields, ListField, MapField, RecordField } from './field.ts';
import { ENTITY, type FieldsTree, fieldsTree, type Path, type Problem, type ProblemKind } from './problem.ts';
import {
  type Broken,
  brokenEquality,
  brokenListRule,
  brokenNumberRule,
  brokenStringRule,
  custom,
  isUuid,
  isVaultReference,
} from './rules.ts';

const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

export type Input = Readonly<Record<string, unknown>>;

/** How the value of a foreign key is written where the document comes from. */
export type ForeignReader = (
  value: unknown,
  reference: string,
) => { readonly value: unknown } | { readonly message: string; readonly at?: string };

export interface ValidateOptions {
  /** Default: `{id: <uuid>}`, as in Admin API bodies. */
  readonly foreign?: ForeignReader;
  /** Prefix of every problem's path. */
  readonly at?: Path;
  /** Keys that are allowed beside the fields and are not looked at. */
  readonly ignore?: ReadonlySet<string>;
  /** More names for a did-you-mean of an unknown field. */
  readonly suggest?: readonly string[];
}

export interface Validated {
  /** The processed record; meaningful only when there are no problems. */
  readonly value: Record<string, unknown>;
  readonly problems: readonly Problem[];
  /** The problems as Kong's `fields`. */
  readonly fields: { [key: string]: FieldsTree };
}

/** Validates one record: an entity, or a plugin's configuration. */
export function validate(schema: RecordField, input: unknown, options: ValidateOptions = {}): Validated {
  const run: Run = {
    path: [...(options.at ?? [])],
    problems: [],
    foreign: options.foreign ?? foreignById,
    depth: 0,
  };
  const value = readRecord(schema, input, run, options.ignore, options.suggest);
  return { value, problems: run.problems, fields: fieldsTree(run.problems) };
}

/** The value of one field that is not part of a record, for key look-ups and query parameters. */
export function validateField(
  field: AnyField,
  input: unknown,
): { value: unknown; problems: readonly Problem[] } {
  const run: Run = { path: [], problems: [], foreign: foreignById, depth: 0 };
  return { value: readField(field, input, run), problems: run.problems };
}

/** `{id: <uuid>}`. */
export const foreignById: ForeignReader = (value) => {
  if (!isRecord(value)) return { message: 'expected a record' };
  const id = Object.hasOwn(value, 'id') ? value['id'] : undefined;
  if (id === undefined || id === null) return { message: 'missing primary key' };
  if (typeof id !== 'string') return { message: 'expected a string', at: 'id' };
  if (!isUuid(id)) return { message: 'expected a valid UUID', at: 'id' };
  return { value: { id: id.toLowerCase() } };
};

/** Names that must not become keys anywhere, whatever the schema says. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Deeper values are refused: nothing that is configuration nests so far. */
const MAX_DEPTH = 64;

interface Run {
  readonly path: (string | number)[];
  readonly problems: Problem[];
  readonly foreign: ForeignReader;
  depth: number;
}

export function isRecord(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function report(run: Run, message: string, kind: ProblemKind, candidates?: readonly string[]): void {
  const path = run.path.slice();
  run.problems.push(candidates === undefined ? { path, message, kind } : { path, message, kind, candidates });
}

function reportBroken(run: Run, broken: Broken | undefined): boolean {
  if (broken === undefined) return false;
  report(run, broken.message, broken.kind, broken.candidates);
  return true;
}

function readField(field: AnyField, input: unknown, run: Run): unknown {
  const options = field.options;
  let value = input;
  if (value === undefined || (value === null && options.required !== true)) {
    // An explicit null of an optional field that has a default means the default: what is stored has
    // the type that `Infer` promises.
    value = defaultOf(field);
  }
  if (value === null || value === undefined) {
    if (options.required === true && options.auto !== true) report(run, 'required field missing', 'required');
    return null;
  }
  if (options.eq === null) {
    report(run, 'value must be null', 'forbidden');
    return null;
  }
  if (run.depth >= MAX_DEPTH) {
    report(run, 'nested too deeply', 'type');
    return null;
  }
  run.depth++;
  const result = readPresent(field, value, run);
  run.depth--;
  return result;
}

function readPresent(field: AnyField, value: unknown, run: Run): unknown {
  const options = field.options;
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') return wrongType(run, 'a string');
      if (options.referenceable === true && isVaultReference(value)) return value;
      if (reportBroken(run, brokenStringRule(options, value))) return null;
      return transformed(options.transform, value);
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value)) {
        return wrongType(run, field.type === 'integer' ? 'an integer' : 'a number');
      }
      if (field.type === 'integer' && !Number.isInteger(value)) return wrongType(run, 'an integer');
      if (reportBroken(run, brokenNumberRule(options, value))) return null;
      return transformed(options.transform, value);
    case 'boolean':
      if (typeof value !== 'boolean') return wrongType(run, 'a boolean');
      if (reportBroken(run, brokenEquality(options, value) ?? custom(options.custom, value))) return null;
      return transformed(options.transform, value);
    case 'array':
    case 'set':
      return readList(field, value, run);
    case 'map':
      return readMap(field, value, run);
    case 'record': {
      const before = run.problems.length;
      const result = readRecord(field, value, run);
      if (run.problems.length === before && reportBroken(run, custom(options.custom, result))) return null;
      return transformed(options.transform, result);
    }
    case 'foreign': {
      const read = run.foreign(value, field.reference);
      if ('message' in read) {
        if (read.at !== undefined) run.path.push(read.at);
        report(run, read.message, 'reference');
        if (read.at !== undefined) run.path.pop();
        return null;
      }
      return read.value;
    }
    case 'json':
      if (reportBroken(run, brokenEquality(options, value) ?? custom(options.custom, value))) return null;
      return transformed(options.transform, value);
  }
}

function wrongType(run: Run, expected: string): null {
  report(run, `expected ${expected}`, 'type');
  return null;
}

function transformed<T>(transform: ((value: T) => T) | undefined, value: T): T {
  return transform === undefined ? value : transform(value);
}

/** What stands for an absent value: the default, an empty record to be expanded, or null. */
function defaultOf(field: AnyField): unknown {
  const preset = field.options.default;
  if (preset !== undefined) return preset;
  return field.type === 'record' && field.options.required === true ? {} : null;
}

function readList(field: ListField, value: unknown, run: Run): unknown {
  if (!Array.isArray(value)) return wrongType(run, field.type === 'set' ? 'a set' : 'an array');
  const before = run.problems.length;
  const seen = field.type === 'set' ? new Set<unknown>() : undefined;
  const result: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    run.path.push(i);
    const element = value[i];
    if (element === null || element === undefined) {
      wrongType(run, EXPECTED[field.elements.type]);
    } else {
      const read = readField(field.elements, element, run);
      const identity = typeof read === 'object' && read !== null ? JSON.stringify(read) : read;
      if (seen === undefined) result.push(read);
      else if (!seen.has(identity)) {
        seen.add(identity);
        result.push(read);
      }
    }
    run.path.pop();
  }
  if (run.problems.length > before) return null;
  if (reportBroken(run, brokenListRule(field.options, result))) return null;
  return transformed(field.options.transform as ((v: unknown[]) => unknown[]) | undefined, result);
}

const EXPECTED: Readonly<Record<AnyField['type'], string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  array: 'an array',
  set: 'a set',
  map: 'a map',
  record: 'a record',
  foreign: 'a record',
  json: 'a value',
};

function readMap(field: MapField, value: unknown, run: Run): unknown {
  if (!isRecord(value)) return wrongType(run, 'a map');
  const before = run.problems.length;
  const result: Record<string, unknown> = Object.create(null);
  let size = 0;
  for (const key of Object.keys(value)) {
    run.path.push(key);
    if (RESERVED_KEYS.has(key)) {
      report(run, `invalid value: ${key}`, 'format');
    } else if (!reportBroken(run, brokenStringRule(field.keys.options, key))) {
      const element = value[key];
      if (element === null || element === undefined) wrongType(run, EXPECTED[field.values.type]);
      else result[key] = readField(field.values, element, run);
      size++;
    }
    run.path.pop();
  }
  if (run.problems.length > before) return null;
  const { lenMin } = field.options;
  if (lenMin !== undefined && size < lenMin) {
    report(run, `length must be at least ${lenMin}`, 'length');
    return null;
  }
  if (
    reportBroken(
      run,
      custom(field.options.custom as ((v: unknown) => string | undefined) | undefined, result),
    )
  ) {
    return null;
  }
  return transformed(field.options.transform as ((v: unknown) => unknown) | undefined, result);
}

function readRecord(
  schema: RecordField,
  input: unknown,
  run: Run,
  ignore?: ReadonlySet<string>,
  suggest?: readonly string[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (!isRecord(input)) {
    report(run, 'expected a record', 'type');
    return result;
  }
  const fields: Fields = schema.fields;
  const before = run.problems.length;
  const source = schema.options.shorthands === undefined ? input : expandShorthands(schema, input, run);
  const names = namesOf(fields);
  let known = 0;
  for (const name of names) {
    let value: unknown;
    if (Object.hasOwn(source, name)) {
      known++;
      value = source[name];
    }
    run.path.push(name);
    const problems = run.problems.length;
    const read = readField(fields[name] as AnyField, value, run);
    // A wrong value stays, so that a check for "at least one of" does not miss it as well. In a record that is
    // wrong somewhere the rest is as it should be, defaults included.
    result[name] = run.problems.length > problems && !isRecord(read) ? (value ?? null) : read;
    run.path.pop();
  }
  if (known < Object.keys(source).length) reportUnknown(schema, source, run, ignore, suggest);
  const checks = schema.options.checks as readonly EntityCheck[] | undefined;
  if (checks !== undefined) runChecks(checks, result, run, before);
  return result;
}

const fieldNames = new WeakMap<Fields, readonly string[]>();

function namesOf(fields: Fields): readonly string[] {
  let names = fieldNames.get(fields);
  if (names === undefined) fieldNames.set(fields, (names = Object.keys(fields)));
  return names;
}

function reportUnknown(
  schema: RecordField,
  source: Input,
  run: Run,
  ignore: ReadonlySet<string> | undefined,
  suggest: readonly string[] | undefined,
): void {
  let candidates: readonly string[] | undefined;
  for (const key of Object.keys(source)) {
    if (Object.hasOwn(schema.fields, key) || ignore?.has(key) === true) continue;
    candidates ??= [
      ...namesOf(schema.fields),
      ...Object.keys(schema.options.shorthands ?? {}),
      ...(suggest ?? []),
    ];
    run.path.push(key);
    report(run, 'unknown field', 'unknown', candidates);
    run.path.pop();
  }
}

/**
 * Rewrites shorthands into the fields they stand for; what they give wins over what stands beside
 * them, and records are merged. A null shorthand says nothing: exports echo deprecated aliases that way.
 */
function expandShorthands(schema: RecordField, input: Input, run: Run): Input {
  const shorthands: NonNullable<RecordField['options']['shorthands']> = schema.options.shorthands ?? {};
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(shorthands)) {
    if (!Object.hasOwn(input, name)) continue;
    result ??= Object.assign(Object.create(null) as Record<string, unknown>, input);
    delete result[name];
    const value = input[name];
    if (value === null || value === undefined) continue;
    const shorthand = shorthands[name] as NonNullable<(typeof shorthands)[string]>;
    run.path.push(name);
    const before = run.problems.length;
    const read = readField(shorthand.schema, value, run);
    if (run.problems.length === before) reportMismatch(shorthand.replacedWith, input, read, run);
    run.path.pop();
    if (run.problems.length > before) continue;
    mergeInto(result, shorthand.expand(read, input), 0);
  }
  return result ?? input;
}

/** An old name beside the new one, with another value: nobody can say which is meant. Kong's text. */
function reportMismatch(path: readonly string[] | undefined, input: Input, value: unknown, run: Run): void {
  if (path === undefined) return;
  let present: unknown = input;
  for (const step of path) {
    present = isRecord(present) && Object.hasOwn(present, step) ? present[step] : undefined;
  }
  if (present === undefined || present === null || isDeepStrictEqual(present, value)) return;
  const name = run.path[run.path.length - 1];
  report(
    run,
    `both deprecated and new field are used but their values mismatch: ` +
      `${name} = ${shown(value)} vs ${path.join('.')} = ${shown(present)}`,
    'check',
  );
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function mergeInto(target: Record<string, unknown>, addition: Input, depth: number): void {
  for (const key of Object.keys(addition)) {
    const value = addition[key];
    const present = target[key];
    if (isRecord(value) && isRecord(present) && depth < MAX_DEPTH) {
      const merged: Record<string, unknown> = Object.assign(Object.create(null), present);
      mergeInto(merged, value, depth + 1);
      target[key] = merged;
    } else {
      target[key] = value;
    }
  }
}

/** Runs the checks over several fields, leaving out those whose fields are wrong already. */
function runChecks(
  checks: readonly EntityCheck[],
  result: Record<string, unknown>,
  run: Run,
  before: number,
): void {
  const base = run.path.length;
  const wrong: string[] = [];
  for (let i = before; i < run.problems.length; i++) {
    wrong.push((run.problems[i] as Problem).path.slice(base).join('.'));
  }
  for (const check of checks) {
    if (check.always !== true && wrong.length > 0 && touches(check.fields, wrong)) continue;
    check.run(result, (path, message) => {
      const steps = path === ENTITY ? [ENTITY] : path.split('.');
      run.problems.push({ path: [...run.path, ...steps], message, kind: 'check' });
    });
  }
}

function touches(fields: readonly string[], wrong: readonly string[]): boolean {
  for (const field of fields) {
    for (const path of wrong) {
      if (path === field || path.startsWith(field + '.') || field.startsWith(path + '.')) return true;
    }
  }
  return false;
}
