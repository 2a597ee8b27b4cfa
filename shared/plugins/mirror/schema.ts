/** Configuration of mirror. */
import { integer, map, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName, brokenUrl } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { brokenFieldValue } from '../header-text.ts';

function brokenMirrorUrl(url: string): string | undefined {
  const broken = brokenUrl(url);
  if (broken !== undefined) return broken;
  if (!/^https?:\/\//i.test(url)) return 'must be an http or https url';
  return /[?#]/.test(url) || /^[^:]+:\/\/[^/]*@/.test(url)
    ? 'must have no query, no fragment and no user'
    : undefined;
}

export const config = record(
  {
    url: string({
      required: true,
      custom: brokenMirrorUrl,
      description: "Where the copies go; the request's path and query are put behind it.",
    }),
    percentage: number({
      default: 100,
      between: [0, 100],
      description: 'Share of the requests that are copied.',
    }),
    headers: map(string({ custom: brokenHeaderName }), string({ custom: brokenFieldValue }), {
      description: 'Headers that copies get besides those of the request.',
    }),
    max_body_bytes: integer({
      default: 65_536,
      between: [0, 16 * 1024 * 1024],
      description: 'Requests with a longer body are not copied.',
    }),
    timeout: integer({ default: 5000, between: [1, 600_000], description: 'Milliseconds a copy may take.' }),
    max_concurrency: integer({
      default: 16,
      between: [1, 1000],
      description: 'Copies that may be under way at once in a worker.',
    }),
    max_waiting: integer({
      default: 100,
      between: [0, 100_000],
      description: 'Copies that may wait for their turn; the oldest are dropped.',
    }),
  },
  { required: true },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
