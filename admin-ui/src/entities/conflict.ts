/** What somebody else changed while a form was being filled in, beside what the form changes. */
import type { ChangedField } from '../form/changed-fields.ts';
import { differenceOf } from '../form/changed-fields.ts';
import { pathKey } from '../form/field-errors.ts';
import type { EntitySchema, Path } from '../form/schema.ts';
import { type Draft, valueAt } from '../form/values.ts';

export interface ConflictRow {
  readonly path: Path;
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
  readonly secret: boolean;
  /** Both changed it, and not to the same. */
  readonly collides: boolean;
}

const TIMES: ReadonlySet<string> = new Set(['updated_at', 'created_at']);

/** Undefined when nobody else changed anything. */
export function conflictOf(
  schema: EntitySchema,
  base: Draft,
  mine: Draft,
  theirs: Draft,
): readonly ConflictRow[] | undefined {
  const others = differenceOf(schema, base, theirs).fields.filter(({ path }) => !TIMES.has(String(path[0])));
  if (others.length === 0) return undefined;
  const own = differenceOf(schema, base, mine).fields;
  const rows = new Map<string, ChangedField>();
  for (const field of [...own, ...others]) rows.set(pathKey(field.path), field);
  const touched = (fields: readonly ChangedField[], path: Path) =>
    fields.some((field) => pathKey(field.path) === pathKey(path));
  return [...rows.values()].map(({ path, secret }) => ({
    path,
    base: valueAt(base, path),
    mine: valueAt(mine, path),
    theirs: valueAt(theirs, path),
    secret,
    collides:
      touched(own, path) &&
      touched(others, path) &&
      JSON.stringify(valueAt(mine, path)) !== JSON.stringify(valueAt(theirs, path)),
  }));
}
