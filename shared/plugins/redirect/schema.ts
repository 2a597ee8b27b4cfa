/** Configuration of redirect: Kong's fields. */
import { boolean, integer, record, string } from '../../config/schema/field.ts';
import { brokenUrl } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { brokenFieldValue } from '../header-text.ts';

export const config = record(
  {
    status_code: integer({
      required: true,
      default: 301,
      between: [100, 599],
      description: 'Status of the answer.',
    }),
    location: string({
      required: true,
      custom: (url: string) => brokenUrl(url) ?? brokenFieldValue(url),
      description: 'Where clients are sent: a URL with scheme and host.',
    }),
    keep_incoming_path: boolean({
      default: false,
      description: "The request's path and query replace those of location.",
    }),
  },
  { required: true },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
