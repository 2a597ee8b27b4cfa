/**
 * Fills in a configuration as validation would for a valid one: shorthands expanded, defaults in place,
 * absent optional fields null. Checks nothing.
 */
import type { AnyField, RecordField } from '../../config/schema/field.ts';

type Values = Readonly<Record<string, unknown>>;

export function withDefaults(record: RecordField, input: Values): Record<string, unknown> {
  let given: Values = input;
  for (const [name, shorthand] of Object.entries(record.options.shorthands ?? {})) {
    if (!(name in given)) continue;
    const { [name]: value, ...rest } = given;
    given = merge(rest, shorthand.expand(value, given));
  }
  const unknown = Object.keys(given).find((name) => !(name in record.fields));
  if (unknown !== undefined) throw new TypeError(`${unknown}: unknown field`);
  const filled: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(record.fields)) filled[name] = fill(field, given[name]);
  return filled;
}

function fill(field: AnyField, value: unknown): unknown {
  const options = field.options as { default?: unknown; required?: boolean };
  const chosen = value ?? structuredClone(options.default) ?? null;
  if (field.type === 'record') {
    if (chosen === null && options.required !== true) return null;
    return withDefaults(field as RecordField, (chosen ?? {}) as Values);
  }
  return chosen;
}

function merge(into: Values, from: Values): Values {
  const merged: Record<string, unknown> = { ...into };
  for (const [name, value] of Object.entries(from)) {
    const known = merged[name];
    merged[name] = isObject(known) && isObject(value) ? merge(known, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
