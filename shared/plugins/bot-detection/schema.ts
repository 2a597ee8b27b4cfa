/** Configuration of bot-detection: Kong's fields. */
import { array, record, string } from '../../config/schema/field.ts';
import { brokenRegex } from '../../config/schema/patterns.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    allow: array(string({ custom: brokenRegex }), {
      default: [],
      description: 'Regular expressions; a User-Agent that one of them matches passes.',
    }),
    deny: array(string({ custom: brokenRegex }), {
      default: [],
      description: 'Regular expressions; a User-Agent that one of them matches is refused.',
    }),
  },
  { required: true },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  noScope: ['consumer'],
} satisfies PluginSchema<typeof config.fields>;
