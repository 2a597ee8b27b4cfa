/** A few plugin definitions of the tests' own, with the traits that the readers have to deal with. */
import { hash } from 'node:crypto';
import { pluginRegistry } from '../../plugin-registry.ts';
import { atLeastOneOf } from '../../schema/checks.ts';
import { array, boolean, foreign, integer, map, number, record, set, string } from '../../schema/field.ts';

const credential = (own: Record<string, ReturnType<typeof string>>) => ({
  consumer: foreign('consumers', { required: true }, 'cascade'),
  ...own,
});

export const plugins = pluginRegistry([
  {
    name: 'key-auth',
    schema: {
      noScope: ['consumer'],
      config: record({
        key_names: array(string(), { required: true, default: ['apikey'] }),
        hide_credentials: boolean({ required: true, default: false }),
        anonymous: string(),
      }),
      entities: {
        keyauth_credentials: {
          adminPath: 'key-auths',
          nestedPath: 'key-auth',
          endpointKey: 'key',
          ttl: true,
          fields: credential({
            key: string({ unique: true, auto: true, encrypted: true, referenceable: true }),
          }),
        },
      },
    },
  },
  {
    name: 'basic-auth',
    schema: {
      noScope: ['consumer'],
      config: record({ hide_credentials: boolean({ required: true, default: false }) }),
      entities: {
        basicauth_credentials: {
          adminPath: 'basic-auths',
          nestedPath: 'basic-auth',
          endpointKey: 'username',
          fields: credential({
            username: string({ required: true, unique: true }),
            password: string({ required: true, encrypted: true }),
          }),
          transform: (entity) => {
            const consumer = entity['consumer'] as { id: string };
            return {
              ...entity,
              password: hash('sha1', `${String(entity['password'])}${consumer.id}`, 'hex'),
            };
          },
        },
      },
    },
  },
  {
    name: 'acl',
    schema: {
      noScope: ['consumer'],
      config: record(
        {
          allow: set(string()),
          deny: set(string()),
          hide_groups_header: boolean({ required: true, default: false }),
        },
        { checks: [atLeastOneOf('allow', 'deny')] },
      ),
      entities: {
        acls: {
          adminPath: 'acls',
          nestedPath: 'acls',
          cacheKey: ['consumer', 'group'],
          fields: credential({ group: string({ required: true }) }),
        },
      },
    },
  },
  {
    name: 'rate-limiting',
    schema: {
      config: record(
        {
          second: number({ gt: 0 }),
          minute: number({ gt: 0 }),
          policy: string({ default: 'local', oneOf: ['local', 'cluster', 'redis'] }),
          redis: record(
            {
              host: string(),
              port: integer({ default: 6379, between: [0, 65535] }),
              password: string({ referenceable: true, encrypted: true }),
            },
            { required: true },
          ),
        },
        {
          checks: [atLeastOneOf('second', 'minute')],
          shorthands: {
            redis_host: {
              description: 'Deprecated: redis.host',
              schema: string(),
              expand: (value) => ({ redis: { host: value } }),
            },
          },
        },
      ),
    },
  },
  {
    name: 'cors',
    schema: { noScope: ['consumer'], config: record({ origins: array(string()), max_age: number() }) },
  },
  {
    name: 'request-transformer',
    schema: {
      protocols: ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp'],
      config: record({
        add: record({ headers: array(string(), { default: [] }) }, { required: true }),
        replace: record({ headers: array(string(), { default: [] }) }, { required: true }),
        rename: map(string(), string()),
      }),
    },
  },
  {
    name: 'tcp-log',
    schema: {
      protocols: ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp'],
      config: record({
        host: string({ required: true }),
        port: integer({ required: true, between: [0, 65535] }),
      }),
    },
  },
]);
