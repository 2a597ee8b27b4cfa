/** The field `custom_fields_by_lua` of all log plugins. */
import { map, string } from '../config/schema/field.ts';

/** Lua is not run here, and fields that silently stay out of the log would be worse than a refusal. */
export function luaError(chunks: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(chunks).length === 0
    ? undefined
    : 'custom fields are not available: this gateway does not run Lua; remove custom_fields_by_lua';
}

export const customFieldsByLua = map(string({ lenMin: 1 }), string({ lenMin: 1 }), {
  custom: luaError,
  description: 'Refused unless empty: Lua is not run.',
});
