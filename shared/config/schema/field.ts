/**
 * The vocabulary in which every entity and every plugin configuration is described: Kong's field
 * types with Kong's constraints. One description gives validation with Kong's messages, defaults,
 * the `/schemas/*` documents of the Admin API, the JSON Schema for editors, and the TypeScript type.
 *
 * This file only describes. `validate.ts` beside it does the checking.
 */

/** Constraints and documentation that any field may carry. */
export interface FieldOptions<T> {
  /** One sentence for people; units where there are any. */
  readonly description?: string;
  /** A missing or null value is an error. Records with `required` or a default are always expanded. */
  readonly required?: boolean;
  readonly default?: T;
  readonly unique?: boolean;
  /** Generated on insert when absent. */
  readonly auto?: boolean;
  /** May be a `{vault://...}` reference. */
  readonly referenceable?: boolean;
  /** A secret: masked in logs, in audit records and in `explain`. */
  readonly encrypted?: boolean;
  /** Taken because Kong's files have it: why it changes nothing here. Whoever sets it in a file is told. */
  readonly noEffect?: string;
  readonly oneOf?: readonly T[];
  readonly eq?: T | null;
  readonly ne?: T;
  /** Returns Kong's message when the value is wrong. Runs last. */
  readonly custom?: (value: T) => string | undefined;
  /** Rewrites the valid value (normalised target, lower-case host). Pure. */
  readonly transform?: (value: T) => T;
}

export interface StringOptions extends FieldOptions<string> {
  /** Default 1, as in Kong. */
  readonly lenMin?: number;
  readonly lenMax?: number;
  readonly lenEq?: number;
  readonly uuid?: boolean;
  readonly isRegex?: boolean;
  readonly startsWith?: string;
  readonly match?: RegExp;
  readonly notMatch?: RegExp;
}

export interface NumberOptions extends FieldOptions<number> {
  readonly between?: readonly [number, number];
  readonly gt?: number;
  /** A unix time stamp. */
  readonly timestamp?: boolean;
}

export interface ListOptions<T> extends FieldOptions<readonly T[]> {
  readonly lenMin?: number;
  readonly lenMax?: number;
}

export interface MapOptions<V> extends FieldOptions<Readonly<Record<string, V>>> {
  readonly lenMin?: number;
}

/** A check over several fields of one record; `run` returns the messages by field path, or `@entity`. */
export interface EntityCheck {
  /** Kong's name of the check (`at_least_one_of`, `conditional`, ...), as `/schemas/*` shows it. */
  readonly name: string;
  /** The fields it looks at; it is skipped when one of them is already invalid. */
  readonly fields: readonly string[];
  /** Runs even if one of the fields is invalid (`at_least_one_of`, `only_one_of`, `conditional`, `distinct`). */
  readonly always?: boolean;
  /** What `/schemas/*` shows. */
  readonly document?: unknown;
  /**
   * Runs over the record with defaults filled in. `report(path, message)` takes a dotted path within
   * the record, or `@entity`.
   */
  readonly run: (
    record: Readonly<Record<string, unknown>>,
    report: (path: string, message: string) => void,
  ) => void;
}

export interface RecordOptions<T> extends FieldOptions<T> {
  readonly checks?: readonly EntityCheck[];
  /**
   * Fields that are accepted on input and rewritten into others before validation (`url` of a service,
   * `redis_host` of rate-limiting). Returns the fields to merge in; the shorthand itself is dropped.
   */
  readonly shorthands?: Readonly<Record<string, Shorthand>>;
}

export interface Shorthand {
  readonly description: string;
  /** As that of a field. */
  readonly noEffect?: string;
  readonly schema: AnyField;
  /**
   * The field (from the record on) of which this is an old name: answers of the Admin API show its value under this
   * name as well, and both may be sent as long as they say the same.
   */
  readonly replacedWith?: readonly string[];
  readonly expand: (
    value: unknown,
    input: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
}

export interface StringField<O = StringOptions> {
  readonly type: 'string';
  readonly options: O;
}
export interface NumberField<O = NumberOptions> {
  readonly type: 'number' | 'integer';
  readonly options: O;
}
export interface BooleanField<O = FieldOptions<boolean>> {
  readonly type: 'boolean';
  readonly options: O;
}
export interface ListField<E extends AnyField = AnyField, O = ListOptions<unknown>> {
  readonly type: 'array' | 'set';
  readonly elements: E;
  readonly options: O;
}
export interface MapField<V extends AnyField = AnyField, O = MapOptions<unknown>> {
  readonly type: 'map';
  readonly keys: StringField;
  readonly values: V;
  readonly options: O;
}
export interface RecordField<F extends Fields = Fields, O = RecordOptions<unknown>> {
  readonly type: 'record';
  readonly fields: F;
  readonly options: O;
}
export interface ForeignField<O = FieldOptions<{ id: string }>> {
  readonly type: 'foreign';
  /** The collection referred to (`services`). */
  readonly reference: string;
  readonly onDelete?: 'cascade' | 'restrict';
  readonly options: O;
}
/** Any value: used where Kong's schema does not say (`_ignore`). */
export interface JsonField<O = FieldOptions<unknown>> {
  readonly type: 'json';
  readonly options: O;
}

// The option types differ per field and are invariant in T, hence the anys.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Loose = any;
export type AnyField =
  | StringField<Loose>
  | NumberField<Loose>
  | BooleanField<Loose>
  | ListField<Loose, Loose>
  | MapField<Loose, Loose>
  | RecordField<Loose, Loose>
  | ForeignField<Loose>
  | JsonField<Loose>;
export type Fields = Readonly<Record<string, AnyField>>;

/** A field without options is inferred with `any` ones: those say nothing. */
type OptionsOf<F extends AnyField> = 0 extends 1 & F['options'] ? object : F['options'];

/** True when a value of the field is always present after defaults are filled in. */
type Present<F extends AnyField> =
  OptionsOf<F> extends { required: true }
    ? true
    : OptionsOf<F> extends { default: infer D }
      ? D extends undefined
        ? false
        : true
      : false;

type Narrow<F extends AnyField, T> = OptionsOf<F> extends { oneOf: readonly (infer U)[] } ? U : T;

type Value<F extends AnyField> = F['type'] extends 'string'
  ? Narrow<F, string>
  : F['type'] extends 'number' | 'integer'
    ? Narrow<F, number>
    : F['type'] extends 'boolean'
      ? boolean
      : F extends { readonly type: 'array' | 'set'; readonly elements: infer E extends AnyField }
        ? readonly Value<E>[]
        : F extends { readonly type: 'map'; readonly values: infer V extends AnyField }
          ? Readonly<Record<string, Value<V>>>
          : F extends { readonly type: 'record'; readonly fields: infer R extends Fields }
            ? Infer<R>
            : F['type'] extends 'foreign'
              ? { readonly id: string }
              : unknown;

/** The TypeScript type of a validated record with these fields: absent optional values are `null`. */
export type Infer<F extends Fields> = {
  readonly [K in keyof F]: Present<F[K]> extends true ? Value<F[K]> : Value<F[K]> | null;
};

export function string<const O extends StringOptions>(options: O = {} as O): StringField<O> {
  return { type: 'string', options };
}
export function number<const O extends NumberOptions>(options: O = {} as O): NumberField<O> {
  return { type: 'number', options };
}
export function integer<const O extends NumberOptions>(options: O = {} as O): NumberField<O> {
  return { type: 'integer', options };
}
export function boolean<const O extends FieldOptions<boolean>>(options: O = {} as O): BooleanField<O> {
  return { type: 'boolean', options };
}
export function array<const E extends AnyField, const O extends ListOptions<unknown>>(
  elements: E,
  options: O = {} as O,
): ListField<E, O> {
  return { type: 'array', elements, options };
}
/** Like an array; duplicates are removed, first occurrences kept in order. */
export function set<const E extends AnyField, const O extends ListOptions<unknown>>(
  elements: E,
  options: O = {} as O,
): ListField<E, O> {
  return { type: 'set', elements, options };
}
export function map<const V extends AnyField, const O extends MapOptions<unknown>>(
  keys: StringField,
  values: V,
  options: O = {} as O,
): MapField<V, O> {
  return { type: 'map', keys, values, options };
}
export function record<const F extends Fields, const O extends RecordOptions<unknown>>(
  fields: F,
  options: O = {} as O,
): RecordField<F, O> {
  return { type: 'record', fields, options };
}
export function foreign<const O extends FieldOptions<{ id: string }>>(
  reference: string,
  options: O = {} as O,
  onDelete?: 'cascade' | 'restrict',
): ForeignField<O> {
  return onDelete === undefined
    ? { type: 'foreign', reference, options }
    : { type: 'foreign', reference, options, onDelete };
}
export function json(options: FieldOptions<unknown> = {}): JsonField {
  return { type: 'json', options };
}
