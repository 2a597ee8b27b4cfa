/** Configuration and credentials of hmac-auth: Kong's fields. */
import { array, boolean, foreign, integer, number, record, set, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const ALGORITHMS = ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export const config = record(
  {
    hide_credentials: boolean({
      required: true,
      default: false,
      description: 'Takes the signature out of the request before it goes upstream.',
    }),
    clock_skew: number({
      default: 300,
      gt: 0,
      description: 'Seconds by which the date of a request may differ from the clock here.',
    }),
    anonymous: string({
      description:
        'Id or username of the consumer that requests without a valid signature get; null refuses them.',
    }),
    validate_request_body: boolean({
      required: true,
      default: false,
      description: 'Compares the body, of at most 8 MiB, with the Digest header.',
    }),
    enforce_headers: array(string(), {
      default: [],
      description: 'Headers that a signature must cover; also request-line and @request-target.',
    }),
    algorithms: array(string({ oneOf: ALGORITHMS }), {
      default: ALGORITHMS,
      description: 'Algorithms that a signature may use.',
    }),
    realm: string({ description: 'The realm in the WWW-Authenticate header of a refusal.' }),
  },
  { required: true },
);

export default {
  config,
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
  entities: {
    hmacauth_credentials: {
      fields: {
        id: string({ uuid: true, auto: true }),
        created_at: integer({ timestamp: true, auto: true }),
        consumer: foreign('consumers', { required: true }, 'cascade'),
        username: string({
          required: true,
          unique: true,
          description: 'The name that signatures are made in.',
        }),
        secret: string({
          auto: true,
          encrypted: true,
          description: 'The secret that signatures are made with.',
        }),
        tags: set(string()),
      },
      endpointKey: 'username',
      adminPath: 'hmac-auths',
      nestedPath: 'hmac-auth',
    },
  },
} satisfies PluginSchema<typeof config.fields>;
