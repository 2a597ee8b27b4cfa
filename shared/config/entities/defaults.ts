/** Entities as validation leaves them when only some fields are given: every default comes from the schema. */
import { validate } from '../schema/validate.ts';
import type { EntityDefinition } from './definition.ts';

const known = new WeakMap<EntityDefinition, Readonly<Record<string, unknown>>>();

/**
 * The entity with these fields and the schema's defaults for the others; null where there is none, also for
 * required ones. Nothing is checked: it is for what the program makes up itself.
 */
export function withDefaults<E extends object>(definition: EntityDefinition, fields: Partial<E>): E {
  let defaults = known.get(definition);
  if (defaults === undefined) {
    const { value } = validate(definition.schema, {});
    defaults = { ...value, created_at: 0, updated_at: 0 };
    known.set(definition, defaults);
  }
  return { ...defaults, ...fields } as E;
}
