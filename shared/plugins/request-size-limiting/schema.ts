/** Configuration of request-size-limiting: Kong's fields. */
import { boolean, integer, record, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    allowed_payload_size: integer({ default: 128, description: 'Longest body, in size_unit.' }),
    size_unit: string({
      required: true,
      default: 'megabytes',
      oneOf: ['megabytes', 'kilobytes', 'bytes'],
      description: 'Unit of allowed_payload_size: 2^20, 2^10 or one octet.',
    }),
    require_content_length: boolean({
      required: true,
      default: false,
      description: 'Refuse requests that neither say how long their body is nor send it in chunks.',
    }),
  },
  { required: true },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
