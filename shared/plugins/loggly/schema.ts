/** Configuration of loggly: Kong's fields. */
import { number, record, set, string } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';
import { severityFields } from '../senders/severity.ts';

export const config = record(
  {
    host: hostField({ default: 'logs-01.loggly.com', description: 'Host of Loggly.' }),
    port: portField({ default: 514, description: 'UDP port of Loggly.' }),
    key: string({
      required: true,
      referenceable: true,
      encrypted: true,
      custom: (key: string) => (/^[\x21-\x7e]+$/.test(key) ? undefined : 'has characters that no token has'),
      description: 'Customer token.',
    }),
    tags: set(
      string({
        custom: (tag: string) =>
          /^[^"\\\]\x00-\x1f]+$/.test(tag) ? undefined : 'must not contain quotes, brackets or backslashes',
      }),
      { default: ['kong'], description: 'Tags of the messages.' },
    ),
    ...severityFields,
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
