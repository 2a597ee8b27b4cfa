/** What an entity is given when it is new and its fields have been found right: time stamps, generated keys. */
import type { EntityDefinition } from './definition.ts';
import { randomToken } from './random-token.ts';

/** Fills the `auto` fields of `value` that are null, in place. `now`: milliseconds since the epoch. */
export function fillGenerated(
  definition: EntityDefinition,
  value: Record<string, unknown>,
  now: number,
): void {
  const { fields } = definition.schema;
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (value[name] !== null || field?.options.auto !== true) continue;
    if (name === 'created_at' || name === 'updated_at')
      value[name] = field.type === 'number' ? now / 1000 : Math.floor(now / 1000);
    else if (field.type === 'string') value[name] = randomToken();
  }
}
