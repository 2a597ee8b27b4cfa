/** Configuration of correlation-id: Kong's fields. */
import { boolean, record, string } from '../../config/schema/field.ts';
import { brokenHeaderToken } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    header_name: string({
      default: 'Kong-Request-ID',
      custom: brokenHeaderToken,
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
