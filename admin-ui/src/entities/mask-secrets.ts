/** Takes out of an entity what its schema calls secret. References to vaults stay: they say where, not what. */
import { type EntitySchema, type FieldSchema, fieldsOf } from '../form/schema.ts';
import { isObject } from '../form/values.ts';

export const MASK = '••••••';

export function maskSecrets(
  schema: Pick<EntitySchema, 'fields'>,
  entity: Readonly<Record<string, unknown>>,
): { readonly value: Readonly<Record<string, unknown>>; readonly masked: boolean } {
  let masked = false;
  const mask = (field: FieldSchema, value: unknown): unknown => {
    if (value === null || value === undefined || value === '') return value;
    if (field.encrypted === true) {
      if (typeof value === 'string' && value.startsWith('{vault://')) return value;
      masked = true;
      return MASK;
    }
    if (Array.isArray(value) && field.elements !== undefined)
      return value.map((one) => mask(field.elements as FieldSchema, one));
    if (!isObject(value)) return value;
    if (field.type === 'map' && field.values !== undefined) {
      const { values } = field;
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mask(values, one)]));
    }
    return field.fields === undefined ? value : record({ fields: field.fields }, value);
  };
  // Old names of secrets (`redis_password`) stand in a config beside the new ones and in no list of fields.
  const looksSecret = (name: string) => /(?:^|_)(?:password|secret|private_key)$/.test(name);
  const record = (one: Pick<EntitySchema, 'fields'>, value: Readonly<Record<string, unknown>>) => {
    const known = new Map(fieldsOf(one).map((field) => [field.name, field.schema]));
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        const field = known.get(name);
        if (field !== undefined) return [name, mask(field, part)];
        return [name, looksSecret(name) ? mask({ type: 'string', encrypted: true }, part) : part];
      }),
    );
  };
  const value = record(schema, entity);
  return { value, masked };
}
