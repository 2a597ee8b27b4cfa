/** Configuration of udp-log: Kong's fields. */
import { number, record } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';

export const config = record(
  {
    host: hostField({ required: true, description: 'Host of the server.' }),
    port: portField({ required: true, description: 'Port of the server.' }),
    timeout: number({
      default: 10_000,
      between: [0, 2 ** 31 - 2],
      description: 'Accepted; a datagram is not waited for.',
    }),
    custom_fields_by_lua: customFieldsByLua,
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
