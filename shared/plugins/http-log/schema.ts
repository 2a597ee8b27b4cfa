/** Configuration of http-log: Kong's fields, and its old names of the queue's. */
import { customCheck } from '../../config/schema/checks.ts';
import { map, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName, brokenUrl } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { customFieldsByLua } from '../custom-fields.ts';
import { brokenFieldValue } from '../header-text.ts';
import { OLD_QUEUE_FIELDS, queueField } from '../queue/queue-fields.ts';

const OWN_HEADERS = ['Host', 'Content-Length', 'Content-Type'];
const MAX_TIMEOUT_MS = 2 ** 31 - 2;

function brokenName(name: string): string | undefined {
  const own = OWN_HEADERS.find((one) => one.toLowerCase() === name.toLowerCase());
  return own === undefined ? brokenHeaderName(name) : `cannot contain '${own}' header`;
}

export const config = record(
  {
    http_endpoint: string({
      required: true,
      referenceable: true,
      encrypted: true,
      custom: brokenUrl,
      description: 'Where records are posted; a user and password in it become an Authorization header.',
    }),
    method: string({
      default: 'POST',
      oneOf: ['POST', 'PUT', 'PATCH'],
      description: 'Method of the requests.',
    }),
    content_type: string({
      default: 'application/json',
      oneOf: ['application/json', 'application/json; charset=utf-8'],
      description: 'Content-Type of the requests.',
    }),
    timeout: number({
      default: 10_000,
      between: [0, MAX_TIMEOUT_MS],
      description: 'Milliseconds for a request.',
    }),
    keepalive: number({
      default: 60_000,
      between: [0, MAX_TIMEOUT_MS],
      description: 'Milliseconds that an idle connection is kept.',
    }),
    headers: map(string({ custom: brokenName }), string({ referenceable: true, custom: brokenFieldValue }), {
      description: 'Further headers of the requests.',
    }),
    queue: queueField(),
    custom_fields_by_lua: customFieldsByLua,
  },
  {
    required: true,
    shorthands: OLD_QUEUE_FIELDS,
  },
);

export default {
  config,
  protocols: PROTOCOLS,
  checks: [
    customCheck(['config.http_endpoint', 'config.headers'], (plugin, report) => {
      const { http_endpoint: url, headers } = plugin['config'] as {
        readonly http_endpoint?: unknown;
        readonly headers?: Readonly<Record<string, string>> | null;
      };
      const named = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
      if (named && typeof url === 'string' && /^[^:]+:\/\/[^/?#]*@/.test(url))
        report(
          '@entity',
          "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed",
        );
    }),
  ],
} satisfies PluginSchema<typeof config.fields>;
