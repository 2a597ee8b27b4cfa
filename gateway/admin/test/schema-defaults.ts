/** What decK makes of `/schemas/*`: what is sent, with the value of every field that nobody sets. */

type Row = Readonly<Record<string, unknown>>;

interface Field {
  readonly type: string;
  readonly required?: boolean;
  readonly auto?: boolean;
  readonly default?: unknown;
  readonly elements?: Field;
  /** Of a map. */
  readonly values?: Field;
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

/** `made`: the answer, for values that the gateway makes up (`auto`) and nobody can know. */
export function filled(schema: Document, sent: Row, made: Row = {}): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const entry of schema.fields) {
    for (const [name, field] of Object.entries(entry)) {
      const generated = field.auto === true && sent[name] === undefined;
      result[name] = generated ? (made[name] ?? null) : filledField(field, sent[name], made[name]);
    }
  }
  for (const entry of schema.shorthand_fields ?? []) {
    for (const [name, { deprecation }] of Object.entries(entry)) {
      if (deprecation === undefined) continue;
      let value: unknown = result;
      for (const step of deprecation.replaced_with[0]?.path ?? []) value = (value as Row | null)?.[step];
      result[name] = value ?? null;
    }
  }
  return result;
}

function filledField(field: Field, sent: unknown, made: unknown): unknown {
  const value = sent ?? field.default ?? (field.type === 'record' && field.required === true ? {} : null);
  if (value === null) return null;
  if (field.type === 'record' && field.fields !== undefined)
    return filled(field as Document, value as Row, isRow(made) ? made : {});
  const { elements } = field;
  if (elements?.type === 'record' && Array.isArray(value))
    return value.map((element, i) =>
      filledField(elements, element, Array.isArray(made) ? made[i] : undefined),
    );
  const { values } = field;
  if (field.type === 'map' && values?.type === 'record')
    return Object.fromEntries(
      Object.entries(value as Row).map(([key, one]) => [
        key,
        filledField(values, one, isRow(made) ? made[key] : undefined),
      ]),
    );
  return value;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
