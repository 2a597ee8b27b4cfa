/** Configuration of correlation-id: Kong's fields. */
import { boolean, record, string } from '../../config/schema/field.ts';
import type { PluginSchema } from '../contract.ts';
import { HTTP_PROTOCOLS, headerTokenError } from '../fields.ts';

export const config = record(
  {
    header_name: string({
      default: 'Kong-Request-ID',
      custom: headerTokenError,
      description: 'The header that carries the id.',
    }),
    generator: string({
      required: true,
      default: 'uuid#counter',
      oneOf: ['uuid', 'uuid#counter', 'tracker'],
      description: 'How an id is made for a request that has none.',
    }),
    echo_downstream: boolean({
      required: true,
      default: false,
      description: 'Send the id back to the client as well.',
    }),
  },
  { required: true },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
