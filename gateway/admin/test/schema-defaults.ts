/** What decK makes of `/schemas/*`: the value of every field that nobody sets. */

interface Field {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly fields?: Document['fields'];
  readonly shorthand_fields?: NonNullable<Document['shorthand_fields']>;
}

export interface Document {
  readonly fields: readonly Readonly<Record<string, Field>>[];
  readonly shorthand_fields?: readonly Readonly<Record<string, OldName>>[];
}

interface OldName {
  readonly deprecation?: { readonly replaced_with: readonly { readonly path: readonly string[] }[] };
}

export function defaultsOf({ fields, shorthand_fields: shorthands = [] }: Document): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const entry of fields)
    for (const [name, field] of Object.entries(entry)) defaults[name] = defaultOf(field);
  for (const entry of shorthands) {
    for (const [name, { deprecation }] of Object.entries(entry)) {
      let value: unknown = defaults;
      for (const step of deprecation?.replaced_with[0]?.path ?? [])
        value = (value as Record<string, unknown>)[step];
      if (deprecation !== undefined) defaults[name] = value;
    }
  }
  return defaults;
}

function defaultOf(field: Field): unknown {
  if (field.type !== 'record' || field.fields === undefined) return field.default ?? null;
  if (field.required !== true && field.default === undefined) return null;
  return { ...defaultsOf(field as Field & Document), ...(field.default as object | undefined) };
}

/** Nulls say nothing, wherever they are. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  );
}
