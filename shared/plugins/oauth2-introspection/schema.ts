/** Configuration of oauth2-introspection: the names of Kong's plugin. */
import { boolean, integer, map, record, set, string } from '../../config/schema/field.ts';
import { brokenHeaderToken, brokenUrl } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

const MAX_MS = 2 ** 31 - 2;

function brokenEndpoint(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return 'missing scheme in url';
  return brokenUrl(text) ?? (URL.canParse(text) ? undefined : `invalid value: ${text}`);
}

function brokenHeaderValue(text: string): string | undefined {
  return /^[\x20-\x7e\x80-\xff]+$/.test(text) ? undefined : 'not a header value';
}

/** Claims become a part of header names; one of those is taken. */
function brokenClaim(text: string): string | undefined {
  return /^(?!identifier$)[A-Za-z0-9_-]{1,64}$/i.test(text) ? undefined : `invalid value: ${text}`;
}

export const config = record(
  {
    introspection_url: string({
      required: true,
      custom: brokenEndpoint,
      description: 'The introspection endpoint of the authorization server (RFC 7662).',
    }),
    authorization_value: string({
      required: true,
      encrypted: true,
      referenceable: true,
      custom: brokenHeaderValue,
      description: 'What Authorization says when the endpoint is asked.',
    }),
    token_type_hint: string({ description: 'The token_type_hint that the endpoint is told.' }),
    ttl: integer({
      default: 30,
      between: [0, 86_400],
      description: 'Seconds for which an answer holds; 0: every request asks.',
    }),
    timeout: integer({
      default: 10_000,
      between: [1, MAX_MS],
      description: 'Milliseconds for which an answer is waited for.',
    }),
    keepalive: integer({
      default: 60_000,
      between: [0, MAX_MS],
      description: 'Milliseconds for which an idle connection to the endpoint is kept.',
    }),
    introspect_request: boolean({
      required: true,
      default: false,
      description:
        'Tells the endpoint path and method of the request, in X-Request-Path and X-Request-Http-Method.',
    }),
    custom_introspection_headers: map(
      string({ custom: brokenHeaderToken }),
      string({ custom: brokenHeaderValue }),
      { default: {}, description: 'More headers for the endpoint.' },
    ),
    custom_claims_forward: set(string({ custom: brokenClaim }), {
      default: [],
      description: 'More members of the answer that the upstream is told, in X-Credential-<name>.',
    }),
    consumer_by: string({
      required: true,
      default: 'username',
      oneOf: ['username', 'client_id'] as const,
      description:
        'Which member of the answer names the consumer: username (its username) or client_id (its custom_id).',
    }),
    hide_credentials: boolean({
      required: true,
      default: false,
      description: 'Takes the token out of the request before it goes upstream.',
    }),
    run_on_preflight: boolean({
      required: true,
      default: true,
      description: 'Whether OPTIONS requests need a token as well.',
    }),
    anonymous: string({
      description:
        'Id or username of the consumer that requests without a valid token get; null refuses them.',
    }),
    realm: string({ description: 'The realm in the WWW-Authenticate header of a refusal.' }),
  },
  { required: true },
);

export default {
  config,
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
} satisfies PluginSchema<typeof config.fields>;
