/**
 * What a draft changes: the body of a PATCH, and the same as rows for people. Records are sent field by field, because the
 * gateway merges them; arrays and maps whole. What the draft does not touch is never sent, so fields that are not known
 * here survive.
 */
import { type EntitySchema, type FieldSchema, fieldsOf, type Path } from './schema.ts';
import { type Draft, isObject, sameValue } from './values.ts';

export interface ChangedField {
  readonly path: Path;
  readonly before: unknown;
  readonly after: unknown;
  /** Its value is nobody's to read over a shoulder. */
  readonly secret: boolean;
}

export interface Difference {
  readonly body: Readonly<Record<string, unknown>>;
  readonly fields: readonly ChangedField[];
}

export function differenceOf(schema: Pick<EntitySchema, 'fields'>, base: Draft, draft: Draft): Difference {
  const fields: ChangedField[] = [];
  const body = recordDifference(schema, base, draft, [], fields) ?? {};
  return { body, fields };
}

function recordDifference(
  schema: Pick<EntitySchema, 'fields'>,
  base: Draft,
  draft: Draft,
  path: Path,
  into: ChangedField[],
): Record<string, unknown> | undefined {
  const known = new Map(fieldsOf(schema).map((field) => [field.name, field.schema]));
  const body: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(draft)])) {
    const [before, after] = [base[name], draft[name]];
    if (sameValue(before, after)) continue;
    const field = known.get(name);
    if (field?.type === 'record' && isObject(before) && isObject(after)) {
      const part = recordDifference({ fields: field.fields ?? [] }, before, after, [...path, name], into);
      if (part !== undefined) body[name] = part;
      continue;
    }
    // A field that was taken out of the draft goes back to what the gateway makes of nothing.
    body[name] = after === undefined ? null : after;
    into.push({ path: [...path, name], before, after: after ?? null, secret: holdsSecret(field) });
  }
  return Object.keys(body).length === 0 ? undefined : body;
}

function holdsSecret(field: FieldSchema | undefined): boolean {
  if (field === undefined) return false;
  if (field.encrypted === true) return true;
  if (field.elements !== undefined) return holdsSecret(field.elements);
  if (field.values !== undefined) return holdsSecret(field.values);
  return (
    field.fields !== undefined && fieldsOf({ fields: field.fields }).some(({ schema }) => holdsSecret(schema))
  );
}
