/** Configuration of file-log: Kong's fields. */
import { boolean, record, string } from '../../config/schema/field.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';

/** No white space at either end, none of `* & % \` and the backquote, at least two characters. */
export function filenameError(path: string): string | undefined {
  return /^[^\s*&%`\\][^*&%`\\]*[^\s*&%`\\]$/.test(path) ? undefined : 'not a valid filename';
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
    custom_fields_by_lua: customFieldsByLua,
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
