/** Which control a field gets. Whatever is not known gets an editor for JSON, so that nothing is ever out of reach. */
import type { FieldSchema } from './schema.ts';

export type ControlKind =
  | 'switch'
  /** On, off, or not said. */
  | 'three-way'
  | 'radio'
  | 'select'
  | 'text'
  | 'long-text'
  | 'secret'
  | 'number'
  | 'tags'
  | 'checks'
  | 'records'
  | 'map'
  | 'record'
  | 'foreign'
  | 'json';

const MOST_RADIOS = 4;
const LONGEST_RADIOS = 44;
const SCALAR: ReadonlySet<string> = new Set(['string', 'integer', 'number']);

export function controlKind(name: string, field: FieldSchema): ControlKind {
  switch (field.type) {
    case 'boolean':
      return field.default === undefined && field.required !== true ? 'three-way' : 'switch';
    case 'string':
      if (field.one_of !== undefined) return choiceKind(field);
      if (isPem(name, field)) return 'long-text';
      if (field.encrypted === true) return 'secret';
      return 'text';
    case 'integer':
    case 'number':
      return field.one_of !== undefined ? choiceKind(field) : 'number';
    case 'array':
    case 'set': {
      const { elements } = field;
      if (elements === undefined) return 'json';
      if (elements.type === 'record') return elements.fields === undefined ? 'json' : 'records';
      if (!SCALAR.has(elements.type)) return 'json';
      return elements.one_of !== undefined && field.type === 'set' ? 'checks' : 'tags';
    }
    case 'map': {
      const { keys, values } = field;
      const simple =
        values !== undefined &&
        (SCALAR.has(values.type) || (values.type === 'array' && SCALAR.has(values.elements?.type ?? '')));
      return keys?.type === 'string' && simple ? 'map' : 'json';
    }
    case 'record':
      return field.fields === undefined ? 'json' : 'record';
    case 'foreign':
      return 'foreign';
    default:
      return 'json';
  }
}

function choiceKind({ one_of = [], required, default: fallback }: FieldSchema): ControlKind {
  const length = one_of.join('').length;
  const certain = required === true || fallback !== undefined;
  return certain && one_of.length <= MOST_RADIOS && length <= LONGEST_RADIOS ? 'radio' : 'select';
}

function isPem(name: string, { description = '', encrypted }: FieldSchema): boolean {
  return (/\bPEM\b/.test(description) || name === 'jwk') && (encrypted !== true || /PEM/.test(description));
}
