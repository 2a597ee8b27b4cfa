/** Configuration of standard-webhooks: Kong's fields. */
import { integer, record, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    secret_v1: string({
      required: true,
      referenceable: true,
      encrypted: true,
      description: 'The secret that signatures are made with.',
    }),
    tolerance_second: integer({
      required: true,
      default: 300,
      custom: (seconds: number) => (seconds < 0 ? 'value must be greater than -1' : undefined),
      description: 'Seconds after which a message is too old.',
    }),
  },
  { required: true },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  noScope: ['consumer'],
} satisfies PluginSchema<typeof config.fields>;
