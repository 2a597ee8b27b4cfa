/** Configuration of file-log: Kong's fields. */
import { boolean, map, record, string } from '../../config/schema/field.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

/** No white space at either end, none of `* & % \` and the backquote, at least two characters. */
export function filenameError(path: string): string | undefined {
  return /^[^\s*&%`\\][^*&%`\\]*[^\s*&%`\\]$/.test(path) ? undefined : 'not a valid filename';
}

/** Lua is not run here, and fields that silently stay out of the log would be worse than a refusal. */
export function luaError(chunks: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(chunks).length === 0
    ? undefined
    : 'custom fields are not available: this gateway does not run Lua; remove custom_fields_by_lua';
}

export const config = record(
  {
    path: string({
      required: true,
      custom: filenameError,
      description: 'The file; made when it is not there.',
    }),
    reopen: boolean({
      required: true,
      default: false,
      description: 'Open the file anew for every batch of lines, for log rotation by renaming.',
    }),
    custom_fields_by_lua: map(string({ lenMin: 1 }), string({ lenMin: 1 }), {
      custom: luaError,
      description: 'Refused unless empty: Lua is not run.',
    }),
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
