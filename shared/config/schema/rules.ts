/**
 * The rules for scalars and list lengths, in the order in which Kong applies them, with Kong's messages.
 * The first broken rule of a field is the one reported.
 */
import { compilePattern } from '../../router/regex/compile.ts';
import type { ListOptions, NumberOptions, StringOptions } from './field.ts';
import type { ProblemKind } from './problem.ts';

export interface Broken {
  readonly message: string;
  readonly kind: ProblemKind;
  readonly candidates?: readonly string[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const VAULT_REFERENCE = /^\{vault:\/\/[^}]+\}$/;

export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** Whether the text is a `{vault://...}` reference. */
export function isVaultReference(value: unknown): value is string {
  return typeof value === 'string' && VAULT_REFERENCE.test(value);
}

/** `eq`, `ne` and `one_of`, which every type has. A value is shown as Kong shows it. */
export function brokenEquality(
  options: { readonly eq?: unknown; readonly ne?: unknown; readonly oneOf?: readonly unknown[] },
  value: unknown,
): Broken | undefined {
  if (options.eq !== undefined && value !== options.eq) {
    return { message: `value must be ${String(options.eq)}`, kind: 'forbidden' };
  }
  if (options.ne !== undefined && value === options.ne) {
    return { message: `value must not be ${String(options.ne)}`, kind: 'forbidden' };
  }
  if (options.oneOf !== undefined && !options.oneOf.includes(value)) {
    const candidates = options.oneOf.map(String);
    return { message: `expected one of: ${candidates.join(', ')}`, kind: 'enum', candidates };
  }
  return undefined;
}

export function brokenNumberRule(options: NumberOptions, value: number): Broken | undefined {
  const equality = brokenEquality(options, value);
  if (equality !== undefined) return equality;
  if (options.gt !== undefined && !(value > options.gt)) {
    return { message: `value must be greater than ${options.gt}`, kind: 'range' };
  }
  if (options.timestamp === true && !(value > 0)) {
    return { message: 'expected a valid timestamp', kind: 'format' };
  }
  if (options.between !== undefined && (value < options.between[0] || value > options.between[1])) {
    return {
      message: `value should be between ${options.between[0]} and ${options.between[1]}`,
      kind: 'range',
    };
  }
  return custom(options.custom, value);
}

export function brokenStringRule(options: StringOptions, value: string): Broken | undefined {
  const lenMin = options.lenMin ?? 1;
  if (value.length === 0 && lenMin > 0 && options.lenEq === undefined) {
    return { message: `length must be at least ${lenMin}`, kind: 'length' };
  }
  const equality = brokenEquality(options, value);
  if (equality !== undefined) return equality;
  if (options.uuid === true && !UUID.test(value)) {
    return { message: 'expected a valid UUID', kind: 'format' };
  }
  if (options.isRegex === true && !compilePattern(value, { anchored: false }).ok) {
    return { message: `not a valid regex: ${value}`, kind: 'format' };
  }
  if (options.lenEq !== undefined && value.length !== options.lenEq) {
    return { message: `length must be ${options.lenEq}`, kind: 'length' };
  }
  const length = brokenLength(lenMin, options.lenMax, value.length);
  if (length !== undefined) return length;
  if (options.startsWith !== undefined && !value.startsWith(options.startsWith)) {
    return { message: `should start with: ${options.startsWith}`, kind: 'format' };
  }
  if (options.notMatch?.test(value) === true || options.match?.test(value) === false) {
    return { message: `invalid value: ${value}`, kind: 'format' };
  }
  return custom(options.custom, value);
}

export function brokenListRule(options: ListOptions<unknown>, value: readonly unknown[]): Broken | undefined {
  if (options.eq === null) return { message: 'value must be null', kind: 'forbidden' };
  const length = brokenLength(options.lenMin, options.lenMax, value.length);
  if (length !== undefined) return length;
  return custom(options.custom, value);
}

function brokenLength(min: number | undefined, max: number | undefined, length: number): Broken | undefined {
  if (min !== undefined && length < min) {
    return { message: `length must be at least ${min}`, kind: 'length' };
  }
  if (max !== undefined && length > max) {
    return { message: `length must be at most ${max}`, kind: 'length' };
  }
  return undefined;
}

/** A field's own check. */
export function custom<T>(
  check: ((value: T) => string | undefined) | undefined,
  value: T,
): Broken | undefined {
  const message = check?.(value);
  return message === undefined ? undefined : { message, kind: 'format' };
}
