/** A draft with what the gateway would fill in: for rules between fields, and for what a form shows. */
import { type EntitySchema, fieldsOf } from './schema.ts';
import { type Draft, isObject } from './values.ts';

export function withDefaults(schema: Pick<EntitySchema, 'fields'>, draft: Draft): Draft {
  const filled: Record<string, unknown> = { ...draft };
  for (const { name, schema: field } of fieldsOf(schema)) {
    const value = draft[name];
    if (field.type === 'record' && field.fields !== undefined) {
      if (value === null) continue;
      if (value === undefined && field.required !== true && field.default === undefined) continue;
      filled[name] = withDefaults({ fields: field.fields }, isObject(value) ? value : {});
    } else if (value === undefined && field.default !== undefined) filled[name] = field.default;
  }
  return filled;
}

/** A default as one reads it in a sentence. */
export function defaultText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => defaultText(one)).join(', ');
  if (typeof value === 'object') return JSON.stringify(value);
  if (value === true) return 'on';
  if (value === false) return 'off';
  return String(value);
}
