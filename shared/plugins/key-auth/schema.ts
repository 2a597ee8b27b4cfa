/** Configuration and credentials of key-auth: Kong's fields. */
import { array, boolean, foreign, integer, record, set, string } from '../../config/schema/field.ts';
import { headerNameField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

const { randomBytes } = process.getBuiltinModule('node:crypto');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 32 random letters and digits. */
export function generateKey(): string {
  let key = '';
  while (key.length < 32) {
    for (const byte of randomBytes(48)) {
      // 248 is the greatest multiple of 62 in a byte: above it letters would not be equally likely.
      if (byte < 248 && key.length < 32) key += ALPHABET[byte % 62];
    }
  }
  return key;
}

export const config = record(
  {
    key_names: array(headerNameField({}), {
      required: true,
      default: ['apikey'],
      description: 'Names under which a key is looked for, in this order.',
    }),
    hide_credentials: boolean({
      required: true,
      default: false,
      description: 'Takes the key out of the request before it goes upstream.',
    }),
    anonymous: string({
      description: 'Id or username of the consumer that requests without a valid key get; null refuses them.',
    }),
    key_in_header: boolean({ required: true, default: true, description: 'Look in the headers.' }),
    key_in_query: boolean({ required: true, default: true, description: 'Look in the query string.' }),
    key_in_body: boolean({
      required: true,
      default: false,
      description: 'Look in a urlencoded, JSON or multipart body of at most 1 MiB.',
    }),
    run_on_preflight: boolean({
      required: true,
      default: true,
      description: 'Whether OPTIONS requests need a key as well.',
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
    keyauth_credentials: {
      fields: {
        id: string({ uuid: true, auto: true }),
        created_at: integer({ timestamp: true, auto: true }),
        consumer: foreign('consumers', { required: true }, 'cascade'),
        key: string({ unique: true, auto: true, encrypted: true, description: 'The key.' }),
        tags: set(string()),
      },
      endpointKey: 'key',
      adminPath: 'key-auths',
      nestedPath: 'key-auth',
      ttl: true,
      transform: (entity) => (entity['key'] == null ? { ...entity, key: generateKey() } : entity),
    },
  },
} satisfies PluginSchema<typeof config.fields>;
