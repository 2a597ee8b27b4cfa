/**
 * The `redis` record of plugins that keep state in Redis: Kong's fields and old names, those of its enterprise edition
 * for sentinels and clusters, and an own one for the bound on waiting. Only a description: no client is loaded here.
 */
import { customCheck, requiredWhen, valueAt } from '../config/schema/checks.ts';
import {
  array,
  boolean,
  type EntityCheck,
  integer,
  record,
  type Shorthand,
  string,
} from '../config/schema/field.ts';
import { hostField, portField } from '../config/schema/formats.ts';

const MAX_TIMEOUT_MS = 2 ** 31 - 2;

const nodes = (description: string, port: number) =>
  array(
    record(
      {
        host: hostField({ required: true, default: '127.0.0.1', description: 'Host name or address.' }),
        port: portField({ default: port, description: 'Port.' }),
      },
      { required: true },
    ),
    { lenMin: 1, description },
  );

const FIELDS = {
  host: string({ description: 'Host of the Redis server.' }),
  port: integer({ default: 6379, between: [0, 65535], description: 'Port of the Redis server.' }),
  timeout: integer({
    default: 2000,
    between: [0, MAX_TIMEOUT_MS],
    description: 'Milliseconds for making a connection, and after which a silent one is made anew.',
  }),
  username: string({ referenceable: true, description: 'User for AUTH; Redis 6 and later.' }),
  password: string({ referenceable: true, encrypted: true, lenMin: 0, description: 'Password for AUTH.' }),
  database: integer({ default: 0, description: 'Number of the database.' }),
  ssl: boolean({ default: false, description: 'Connect with TLS.' }),
  ssl_verify: boolean({ default: false, description: "Verify the server's certificate." }),
  server_name: string({ description: 'SNI of the TLS connection.' }),
  max_wait: integer({
    default: 50,
    between: [1, 60_000],
    description:
      'Milliseconds a request waits for Redis at most. After the first that waited in vain nobody waits until it answers again.',
  }),
  sentinel_master: string({ description: 'Name of the primary that the sentinels watch.' }),
  sentinel_role: string({ oneOf: ['master', 'slave', 'any'], description: 'Which server to ask them for.' }),
  sentinel_nodes: nodes('The sentinels.', 26379),
  sentinel_username: string({ referenceable: true, description: 'User at the sentinels.' }),
  sentinel_password: string({
    referenceable: true,
    encrypted: true,
    description: 'Password at the sentinels.',
  }),
  cluster_nodes: nodes('Some nodes of a cluster.', 6379),
  cluster_max_redirections: integer({
    default: 5,
    between: [0, 100],
    description: 'How often a cluster may send a command on.',
  }),
} as const;

const NODES = customCheck(['sentinel_nodes', 'cluster_nodes'], (redis, report) => {
  if (redis['sentinel_nodes'] != null && redis['cluster_nodes'] != null)
    report('@entity', 'sentinel_nodes and cluster_nodes cannot both be set');
  if (redis['sentinel_nodes'] != null && redis['sentinel_master'] == null)
    report('sentinel_master', 'required with sentinel_nodes');
});

export function redisRecord(description: string) {
  return record(FIELDS, { required: true, checks: [NODES], description });
}

/** Kong's old names: `redis_host` for `redis.host`. */
export function redisShorthands(): Readonly<Record<string, Shorthand>> {
  const names = [
    'host',
    'port',
    'password',
    'username',
    'ssl',
    'ssl_verify',
    'server_name',
    'timeout',
    'database',
  ] as const;
  return Object.fromEntries(
    names.map((name) => [
      `redis_${name}`,
      {
        description: `Old name of redis.${name}.`,
        schema: FIELDS[name],
        replacedWith: ['redis', name],
        expand: (value: unknown) => ({ redis: { [name]: value } }),
      } satisfies Shorthand,
    ]),
  );
}

/** What a choice of Redis (`config.policy`, `config.strategy`) requires. */
export function redisRequiredWhen(choice: string): readonly EntityCheck[] {
  const host = requiredWhen(choice, 'redis', 'config.redis.host');
  return [
    {
      ...host,
      run(plugin, report) {
        const redis = valueAt(plugin, 'config.redis') as Record<string, unknown> | null | undefined;
        if (redis?.['sentinel_nodes'] == null && redis?.['cluster_nodes'] == null) host.run(plugin, report);
      },
    },
    requiredWhen(choice, 'redis', 'config.redis.port'),
    requiredWhen(choice, 'redis', 'config.redis.timeout'),
  ];
}
