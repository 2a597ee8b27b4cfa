/** Configuration of syslog: Kong's fields, and where the server is. */
import { record, string } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';
import { FACILITIES, severityFields } from '../senders/severity.ts';

export const config = record(
  {
    ...severityFields,
    facility: string({
      required: true,
      default: 'user',
      oneOf: FACILITIES,
      description: 'Facility of the messages.',
    }),
    host: hostField({ default: '127.0.0.1', description: 'Host of the syslog server.' }),
    port: portField({ default: 514, description: 'UDP port of the syslog server.' }),
    custom_fields_by_lua: customFieldsByLua,
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
