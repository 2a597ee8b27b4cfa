/**
 * Gives the texts of a form the types that a schema asks for. Nothing is validated: what has no such type stays
 * text, and the schema engine then says in its own words what is wrong with it.
 */
import type { AnyField, Fields, RecordField } from '../../../shared/config/schema/field.ts';
import type { FormNode, FormValue } from './form-tree.ts';

/** The fields of the form's root. The result has no prototype. */
export function inferRecord(node: FormNode, schema: RecordField | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const [name, child] of node.named) result[name] = infer(child, fieldOf(schema, name));
  for (const [index, child] of node.indexed) result[String(index)] = infer(child, undefined);
  return result;
}

function fieldOf(schema: RecordField | undefined, name: string): AnyField | undefined {
  if (schema === undefined) return undefined;
  const fields: Fields = schema.fields;
  if (Object.hasOwn(fields, name)) return fields[name];
  const shorthands: RecordField['options']['shorthands'] = schema.options.shorthands;
  return shorthands !== undefined && Object.hasOwn(shorthands, name) ? shorthands[name]?.schema : undefined;
}

function infer(node: FormNode, field: AnyField | undefined): unknown {
  switch (field?.type) {
    case 'array':
    case 'set':
      return inferList(node, field.elements);
    case 'map':
      return hasParts(node) ? inferMap(node, field.values) : single(node, field);
    case 'record':
      return hasParts(node) ? inferRecord(node, field) : single(node, field);
    case 'foreign':
      return hasParts(node) ? inferRecord(node, undefined) : single(node, field);
    default:
      if (node.named.size > 0) return inferRecord(node, undefined);
      if (node.indexed.size > 0 || node.appended.length > 0) return inferList(node, undefined);
      return single(node, field);
  }
}

function hasParts(node: FormNode): boolean {
  return node.named.size > 0 || node.indexed.size > 0;
}

/** One value under a name is that value; several are a list, which the schema engine refuses where it must. */
function single(node: FormNode, field: AnyField | undefined): unknown {
  const [first] = node.values;
  if (first === undefined) return inferList(node, undefined);
  return node.values.length === 1 ? scalar(first, field) : node.values.map((value) => scalar(value, field));
}

function inferList(node: FormNode, elements: AnyField | undefined): unknown {
  if (node.named.size > 0) return inferRecord(node, undefined);
  const [first] = node.values;
  if (node.indexed.size === 0 && node.appended.length === 0 && node.values.length === 1) {
    // `hosts=` takes the list away.
    if (first === '') return null;
    if (typeof first === 'object') return first.json;
  }
  const places = [...node.indexed].sort(([a], [b]) => a - b).map(([, child]) => child);
  return [
    ...[...places, ...node.appended].map((child) => infer(child, elements)),
    ...node.values.map((value) => scalar(value, elements)),
  ];
}

function inferMap(node: FormNode, values: AnyField): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, child] of node.named) result[key] = infer(child, values);
  for (const [key, child] of node.indexed) result[String(key)] = infer(child, values);
  return result;
}

// What Lua's tonumber reads.
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const HEXADECIMAL = /^\s*0[xX][0-9a-fA-F]{1,13}\s*$/;

function scalar(value: FormValue, field: AnyField | undefined): unknown {
  if (typeof value !== 'string') return value.json;
  if (value === '') return field === undefined ? '' : null;
  switch (field?.type) {
    case 'number':
    case 'integer':
      return DECIMAL.test(value) || HEXADECIMAL.test(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'array':
    case 'set':
      return [scalar(value, field.elements)];
    default:
      return value;
  }
}
