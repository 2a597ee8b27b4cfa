/** What is different between two entities of one kind, field by field, as the schema understands them. */
import { canonicalJson } from '../../../shared/config/declarative/canonical-json.ts';
import type { AnyField, ListField, MapField, RecordField } from '../../../shared/config/schema/field.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import { idOf, isSecret } from './schemas.ts';

export interface FieldChange {
  /** `config.minute`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly secret: boolean;
}

type Row = Readonly<Record<string, unknown>>;

/** The fields in which they differ; records are gone into. `skip`: names at the top that do not count. */
export function fieldChanges(
  schema: RecordField,
  before: Row,
  after: Row,
  skip: (name: string) => boolean = () => false,
  at = '',
): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const name of Object.keys(schema.fields)) {
    if (skip(name)) continue;
    const field = schema.fields[name] as AnyField;
    const [old, now] = [before[name] ?? null, after[name] ?? null];
    if (equal(field, old, now)) continue;
    const path = `${at}${name}`;
    if (field.type === 'record' && isRecord(old) && isRecord(now)) {
      changes.push(...fieldChanges(field as RecordField, old, now, undefined, `${path}.`));
    } else changes.push({ path, before: old, after: now, secret: isSecret(name, field) });
  }
  return changes;
}

export function equal(field: AnyField, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
  switch (field.type) {
    case 'record': {
      if (!isRecord(a) || !isRecord(b)) return false;
      const { fields } = field as RecordField;
      return Object.keys(fields).every((name) => equal(fields[name] as AnyField, a[name], b[name]));
    }
    case 'array': {
      const { elements } = field as ListField;
      return (
        Array.isArray(a) &&
        Array.isArray(b) &&
        a.length === b.length &&
        a.every((value, i) => equal(elements, value, b[i]))
      );
    }
    case 'set':
      return Array.isArray(a) && Array.isArray(b) && canonicalJson(sorted(a)) === canonicalJson(sorted(b));
    case 'map': {
      if (!isRecord(a) || !isRecord(b)) return false;
      const { values } = field as MapField;
      const names = Object.keys(a);
      return (
        names.length === Object.keys(b).length &&
        names.every((name) => Object.hasOwn(b, name) && equal(values, a[name], b[name]))
      );
    }
    case 'foreign':
      return idOf(a) === idOf(b);
    case 'json':
      return canonicalJson(a) === canonicalJson(b);
    default:
      return false;
  }
}

/** A set has no order. */
function sorted(list: readonly unknown[]): unknown[] {
  return list.map((value) => canonicalJson(value)).sort();
}
