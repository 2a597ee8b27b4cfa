/** Configuration of tcp-log: Kong's fields. */
import { boolean, number, record, string } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';

const MAX_TIMEOUT_MS = 2 ** 31 - 2;

export const config = record(
  {
    host: hostField({ required: true, description: 'Host of the server.' }),
    port: portField({ required: true, description: 'Port of the server.' }),
    timeout: number({
      default: 10_000,
      between: [0, MAX_TIMEOUT_MS],
      description: 'Milliseconds for connecting, and for a write.',
    }),
    keepalive: number({
      default: 60_000,
      between: [0, MAX_TIMEOUT_MS],
      description: 'Milliseconds that an idle connection is kept.',
    }),
    tls: boolean({ required: true, default: false, description: 'Connect with TLS.' }),
    tls_sni: string({ description: 'Server name for TLS.' }),
    custom_fields_by_lua: customFieldsByLua,
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
