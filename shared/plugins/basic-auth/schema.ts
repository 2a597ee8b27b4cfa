/** Configuration and credentials of basic-auth: Kong's fields, and Kong's hash of passwords. */
import { boolean, foreign, integer, record, set, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

export const config = record(
  {
    hide_credentials: boolean({
      required: true,
      default: false,
      description: 'Takes the credentials out of the request before it goes upstream.',
    }),
    anonymous: string({
      description:
        'Id or username of the consumer that requests without valid credentials get; null refuses them.',
    }),
    realm: string({
      required: true,
      default: 'service',
      description: 'The realm in the WWW-Authenticate header of a refusal.',
    }),
  },
  { required: true },
);

/**
 * Kong's: SHA-1 over the password and, behind it, the id of the consumer. It is a poor hash for weak passwords,
 * but rows must mean the same here and there.
 */
export function passwordDigest(password: string | Buffer, consumerId: string): Buffer {
  return createHash('sha1').update(password).update(consumerId).digest();
}

function hashed(entity: Record<string, unknown>): Record<string, unknown> {
  const { password, consumer } = entity as { password?: unknown; consumer?: { id?: unknown } | null };
  const id = consumer?.id;
  if (typeof password !== 'string' || typeof id !== 'string') return entity;
  return { ...entity, password: passwordDigest(password, id).toString('hex') };
}

export default {
  config,
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
  entities: {
    basicauth_credentials: {
      fields: {
        id: string({ uuid: true, auto: true }),
        created_at: integer({ timestamp: true, auto: true }),
        consumer: foreign('consumers', { required: true }, 'cascade'),
        username: string({ required: true, unique: true, description: 'The name to sign in with.' }),
        password: string({
          required: true,
          encrypted: true,
          description: 'The password; stored and shown as SHA-1 of it and the id of the consumer.',
        }),
        tags: set(string()),
      },
      endpointKey: 'username',
      adminPath: 'basic-auths',
      nestedPath: 'basic-auth',
      transform: hashed,
    },
  },
} satisfies PluginSchema<typeof config.fields>;
