/** Configuration of cors: Kong's fields. */
import { array, boolean, number, record, string } from '../../config/schema/field.ts';
import { brokenRegex } from '../../config/schema/patterns.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { brokenFieldValue } from '../header-text.ts';

export const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'PATCH',
  'POST',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
] as const;

function brokenOrigin(origin: string): string | undefined {
  return origin === '*' ? undefined : brokenRegex(origin);
}

export const config = record(
  {
    origins: array(string({ custom: brokenOrigin }), {
      description:
        'Origins that may read responses: `*`, origins (`https://a.example`) or regular expressions. Null: all.',
    }),
    headers: array(string({ custom: brokenFieldValue }), {
      description: 'Request headers that are allowed; null: those that the preflight asks for.',
    }),
    exposed_headers: array(string({ custom: brokenFieldValue }), {
      description: 'Response headers that scripts may read.',
    }),
    methods: array(string({ oneOf: METHODS }), {
      default: METHODS,
      description: 'Methods that are allowed.',
    }),
    max_age: number({ description: 'Seconds for which a browser may keep the answer to a preflight.' }),
    credentials: boolean({
      required: true,
      default: false,
      description: 'Requests with cookies and other credentials are allowed.',
    }),
    private_network: boolean({
      required: true,
      default: false,
      description: 'Public sites may ask this private network.',
    }),
    preflight_continue: boolean({
      required: true,
      default: false,
      description: 'Preflights go to the upstream, and its answer is not changed.',
    }),
    allow_origin_absent: boolean({
      required: true,
      default: true,
      description: 'Responses to requests without Origin get the headers as well.',
    }),
  },
  { required: true },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  noScope: ['consumer'],
} satisfies PluginSchema<typeof config.fields>;
