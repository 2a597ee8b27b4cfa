/**
 * Schemas compiled once, so that no request can make one expensive: patterns run on the linear engine, formats look at
 * texts of bounded length, equal items are found by their text, and the first error ends it.
 */
import type { Ajv as AjvType, ErrorObject, Options, ValidateFunction } from 'ajv';
import { linearPattern } from '../../config/schema/patterns.ts';
import { fromKongFields, type JsonSchema } from './kong-fields.ts';
import type { VERSIONS } from './schema.ts';

export type Version = (typeof VERSIONS)[number];
export type { ValidateFunction } from 'ajv';

const load = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const MAX_FORMAT_LENGTH = 2048;

const CLASSES: Readonly<Record<Version, string>> = {
  kong: 'ajv',
  draft4: 'ajv',
  draft6: 'ajv',
  draft7: 'ajv',
  draft201909: 'ajv/dist/2019.js',
  draft202012: 'ajv/dist/2020.js',
};

type Format =
  | { readonly validate: RegExp | ((text: string) => boolean) }
  | RegExp
  | ((text: string) => boolean)
  | true;

/** Patterns are told apart by their text. */
function patternOf(source: string): { test(text: string): boolean; toString(): string } {
  const pattern = linearPattern(source, 'anywhere');
  return { test: (text) => pattern.test(text), toString: () => `/${source}/` };
}

function engine(version: Version, coerce: boolean): AjvType {
  const { default: Ajv } = load(CLASSES[version]) as { default: new (options: Options) => AjvType };
  const regExp = Object.assign(patternOf, { code: '' });
  const ajv = new Ajv({
    strict: false,
    validateSchema: version !== 'draft4' && version !== 'draft6' && version !== 'kong',
    coerceTypes: coerce,
    logger: false,
    code: { regExp: regExp as never },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly unknown[]) =>
      !wanted || new Set(items.map(canonical)).size === items.length,
  });
  const { fastFormats } = load('ajv-formats/dist/formats.js') as { fastFormats: Record<string, Format> };
  for (const [name, format] of Object.entries(fastFormats)) {
    const test = testOf(format);
    if (test !== undefined)
      ajv.addFormat(name, {
        type: 'string',
        validate: (text: string) => text.length <= MAX_FORMAT_LENGTH && test(text),
      });
  }
  return ajv;
}

/** Formats of numbers stay out: types and bounds say more. */
function testOf(format: Format): ((text: string) => boolean) | undefined {
  if (format === true) return undefined;
  const check = typeof format === 'object' && 'validate' in format ? format.validate : format;
  if (typeof format === 'object' && (format as { readonly type?: string }).type === 'number')
    return undefined;
  return typeof check === 'function' ? check : (text) => check.test(text);
}

/** The same text for equal values. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`;
}

/** Draft 4 says exclusive bounds as switches, and `id`. */
function fromDraft4(schema: unknown, depth = 0): unknown {
  if (depth > 200) throw new Error('the schema is nested too deeply');
  if (Array.isArray(schema)) return schema.map((one) => fromDraft4(one, depth + 1));
  if (typeof schema !== 'object' || schema === null) return schema;
  const made: Record<string, unknown> = Object.create(null);
  const given = schema as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(given)) {
    if (name === '$schema' || (name === 'id' && typeof value === 'string')) continue;
    if ((name === 'exclusiveMinimum' || name === 'exclusiveMaximum') && typeof value === 'boolean') continue;
    made[name] = name === 'enum' || name === 'default' ? value : fromDraft4(value, depth + 1);
  }
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (given[exclusive] !== true || typeof given[bound] !== 'number') continue;
    made[exclusive] = given[bound];
    delete made[bound];
  }
  return made;
}

function prepared(text: string, version: Version): JsonSchema {
  const schema = JSON.parse(text) as JsonSchema;
  if (version === 'kong') return fromKongFields(schema);
  if (version === 'draft4') return fromDraft4(schema) as JsonSchema;
  if (typeof schema === 'object' && version !== 'draft201909' && version !== 'draft202012') {
    const { $schema: _, ...rest } = schema;
    return rest;
  }
  return schema;
}

/** Throws an Error that says what is wrong with the schema. */
export function compileBody(text: string, version: Version): ValidateFunction {
  return engine(version, false).compile(prepared(text, version) as object);
}

/** Validates `{ value }`, and makes it a number or a boolean where the schema wants one. */
export function compileParameter(
  text: string,
  version: Version,
): { readonly validate: ValidateFunction; readonly isList: boolean } {
  const language = version === 'kong' ? 'draft4' : version;
  const schema = prepared(text, language);
  const wrapped = { type: 'object', properties: { value: schema } };
  const type = typeof schema === 'object' ? schema['type'] : undefined;
  return { validate: engine(language, true).compile(wrapped), isList: type === 'array' };
}

/** What is wrong, for people: the first error, with its place. */
export function explain(errors: readonly ErrorObject[] | null | undefined, root: string): string {
  const [error] = errors ?? [];
  if (error === undefined) return `${root} is not valid`;
  const place = error.instancePath.slice(0, 200);
  return `${root}${place}: ${error.message ?? 'is not valid'}`;
}
