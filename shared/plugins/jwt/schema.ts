/** Configuration and credentials of jwt: Kong's fields. */
import { conditional } from '../../config/schema/checks.ts';
import type { EntityCheck } from '../../config/schema/field.ts';
import { boolean, foreign, integer, number, record, set, string } from '../../config/schema/field.ts';
import { brokenCookieName, headerNameField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { ALGORITHMS, brokenPublicKey } from './algorithms.ts';

/** Keys travel over https; to the machine itself over http as well. */
function brokenKeySetUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return `invalid value: ${text}`;
  const { protocol, hostname } = new URL(text);
  const here = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && here) ? undefined : 'must be an https url';
}

const PUBLIC_KEY_ALGORITHMS = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'));

/** Not in Kong: tokens of one issuer that publishes its keys. */
const issuerField = record(
  {
    iss: string({ required: true, description: 'What iss of its tokens says, exactly.' }),
    jwks_uri: string({
      required: true,
      custom: brokenKeySetUrl,
      description: 'Where its key set is (RFC 7517).',
    }),
    algorithms: set(string({ oneOf: PUBLIC_KEY_ALGORITHMS }), {
      required: true,
      default: ['RS256', 'ES256'],
      lenMin: 1,
      description: 'Algorithms that its tokens may use.',
    }),
    audiences: set(string(), { description: 'Of these, aud of its tokens must name one; null: any.' }),
    consumer_claim: string({
      required: true,
      default: 'sub',
      description: 'The claim that names the consumer.',
    }),
    consumer_by: string({
      required: true,
      default: 'custom_id',
      oneOf: ['custom_id', 'username'] as const,
      description: 'What of the consumer that claim is.',
    }),
    refresh_interval: number({
      required: true,
      default: 300,
      between: [30, 86_400],
      description: 'Seconds between two looks at the key set.',
    }),
    timeout: integer({
      required: true,
      default: 5000,
      between: [1, 60_000],
      description: 'Milliseconds for which the key set is waited for, in the background.',
    }),
  },
  { description: 'An issuer whose keys are fetched; its tokens need no credential. Not in Kong.' },
);

export const config = record(
  {
    uri_param_names: set(string(), {
      default: ['jwt'],
      description: 'Query arguments in which a token is looked for.',
    }),
    cookie_names: set(string({ custom: brokenCookieName }), {
      default: [],
      description: 'Cookies in which a token is looked for.',
    }),
    key_claim_name: string({
      default: 'iss',
      description: 'The claim (or member of the token header) that names the credential.',
    }),
    secret_is_base64: boolean({
      required: true,
      default: false,
      description: 'Secrets of HS algorithms are stored in base64.',
    }),
    claims_to_verify: set(string({ oneOf: ['exp', 'nbf'] as const }), {
      description: 'Time claims that a token must have. Those that it has count in any case.',
    }),
    anonymous: string({
      description:
        'Id or username of the consumer that requests without a valid token get; null refuses them.',
    }),
    run_on_preflight: boolean({
      required: true,
      default: true,
      description: 'Whether OPTIONS requests need a token as well.',
    }),
    maximum_expiration: number({
      default: 0,
      between: [0, 31_536_000],
      description: 'Seconds that exp may lie ahead; 0 for any. Needs exp in claims_to_verify.',
    }),
    header_names: set(headerNameField({}), {
      default: ['authorization'],
      description: 'Headers in which `Bearer <token>` is looked for.',
    }),
    realm: string({ description: 'The realm in the WWW-Authenticate header of a refusal.' }),
    issuer: issuerField,
  },
  { required: true },
);

/** `exp` must be checked where its distance is bounded. */
const expirationNeedsExp: EntityCheck = {
  name: 'conditional',
  fields: ['config.maximum_expiration', 'config.claims_to_verify'],
  always: true,
  document: {
    conditional: {
      if_field: 'config.maximum_expiration',
      if_match: { gt: 0 },
      then_field: 'config.claims_to_verify',
      then_match: { contains: 'exp' },
    },
  },
  run(plugin, report) {
    const own = plugin['config'] as
      | { readonly maximum_expiration?: unknown; readonly claims_to_verify?: unknown }
      | null
      | undefined;
    if (typeof own?.maximum_expiration !== 'number' || own.maximum_expiration <= 0) return;
    const claims = own.claims_to_verify;
    if (Array.isArray(claims) && claims.includes('exp')) return;
    report('config.claims_to_verify', 'expected to contain: exp');
    report('@entity', "failed conditional validation given value of field 'config.maximum_expiration'");
  },
};

export default {
  config,
  checks: [expirationNeedsExp],
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
  entities: {
    jwt_secrets: {
      fields: {
        id: string({ uuid: true, auto: true }),
        created_at: integer({ timestamp: true, auto: true }),
        consumer: foreign('consumers', { required: true }, 'cascade'),
        key: string({ unique: true, auto: true, description: 'What the key claim of its tokens says.' }),
        secret: string({ auto: true, encrypted: true, description: 'The shared secret of HS algorithms.' }),
        rsa_public_key: string({ description: 'The public key of the other algorithms, PEM.' }),
        algorithm: string({
          default: 'HS256',
          oneOf: ALGORITHMS,
          description: 'The only algorithm that its tokens may use.',
        }),
        tags: set(string()),
      },
      // As in Kong, ES keys are not looked at here.
      checks: ALGORITHMS.filter((algorithm) => /^(?:RS|PS|Ed)/.test(algorithm)).map((algorithm) =>
        conditional({
          ifField: 'algorithm',
          ifMatch: string({ eq: algorithm }),
          thenField: 'rsa_public_key',
          thenMatch: string({ required: true, custom: (pem: string) => brokenPublicKey(algorithm, pem) }),
        }),
      ),
      endpointKey: 'key',
      adminPath: 'jwts',
      nestedPath: 'jwt',
    },
  },
} satisfies PluginSchema<typeof config.fields>;
