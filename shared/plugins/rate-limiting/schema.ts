/** Configuration of rate-limiting: Kong's fields, defaults and messages. */
import { atLeastOneOf, requiredWhen } from '../../config/schema/checks.ts';
import {
  boolean,
  type EntityCheck,
  integer,
  number,
  record,
  type Shorthand,
  string,
} from '../../config/schema/field.ts';
import { headerNameField, pathField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { PERIODS } from './windows.ts';

const REALTIME = -1;
const MAX_TIMEOUT_MS = 2 ** 31 - 2;

const redis = record(
  {
    host: string({ description: 'Host of the Redis server.' }),
    port: integer({ default: 6379, between: [0, 65535], description: 'Port of the Redis server.' }),
    timeout: integer({ default: 2000, between: [0, MAX_TIMEOUT_MS], description: 'Milliseconds.' }),
    username: string({ referenceable: true, description: 'User for AUTH; Redis 6 and later.' }),
    password: string({ referenceable: true, encrypted: true, lenMin: 0, description: 'Password for AUTH.' }),
    database: integer({ default: 0, description: 'Number of the database.' }),
    ssl: boolean({ default: false, description: 'Connect with TLS.' }),
    ssl_verify: boolean({ default: false, description: "Verify the server's certificate." }),
    server_name: string({ description: 'SNI of the TLS connection.' }),
  },
  { required: true, description: 'Connection for policy: redis.' },
);

function limit(period: string) {
  return number({ gt: 0, description: `Requests allowed in a ${period}.` });
}

/** Kong's old names of the Redis fields: `redis_host` for `redis.host`. */
function deprecated(field: keyof typeof redis.fields): Shorthand {
  return {
    description: `Old name of redis.${field}.`,
    schema: redis.fields[field],
    replacedWith: ['redis', field],
    expand: (value) => ({ redis: { [field]: value } }),
  };
}

const periodsOrder: EntityCheck = {
  name: 'custom_validator',
  fields: [...PERIODS, 'policy', 'sync_rate'],
  run(config, report) {
    const message = orderError(config) ?? syncRateError(config);
    if (message !== undefined) report('@entity', message);
  },
};

function orderError(config: Readonly<Record<string, unknown>>): string | undefined {
  for (const [index, lower] of PERIODS.entries()) {
    const lowerLimit = config[lower];
    if (typeof lowerLimit !== 'number') continue;
    for (const upper of PERIODS.slice(index + 1)) {
      const upperLimit = config[upper];
      if (typeof upperLimit === 'number' && upperLimit < lowerLimit) {
        const [high, low] = [upperLimit.toFixed(1), lowerLimit.toFixed(1)];
        return `The limit for ${upper}(${high}) cannot be lower than the limit for ${lower}(${low})`;
      }
    }
  }
  return undefined;
}

function syncRateError(config: Readonly<Record<string, unknown>>): string | undefined {
  const rate = config['sync_rate'];
  if (rate === REALTIME) return undefined;
  if (config['policy'] !== 'redis') return 'sync_rate can only be used with the redis policy';
  return (rate as number) < 0.02 ? 'sync_rate must be greater than 0.02, or -1 to disable' : undefined;
}

export const config = record(
  {
    second: limit('second'),
    minute: limit('minute'),
    hour: limit('hour'),
    day: limit('day'),
    month: limit('calendar month'),
    year: limit('calendar year'),
    limit_by: string({
      default: 'consumer',
      oneOf: ['consumer', 'credential', 'ip', 'service', 'header', 'path'],
      description: 'What requests are counted by. What a request does not have is replaced by its address.',
    }),
    header_name: headerNameField({ description: 'The header, for limit_by: header.' }),
    path: pathField({ description: 'The path, for limit_by: path.' }),
    policy: string({
      default: 'local',
      lenMin: 0,
      oneOf: ['local', 'cluster', 'redis'],
      description: 'Where the counts are kept. Only local is available: exact within one node.',
    }),
    fault_tolerant: boolean({
      required: true,
      default: true,
      description: 'When the counts cannot be read: true lets requests through, false answers 500.',
    }),
    redis,
    hide_client_headers: boolean({
      required: true,
      default: false,
      description: 'Send no RateLimit headers.',
    }),
    error_code: number({ default: 429, gt: 0, description: 'Status of a refusal.' }),
    error_message: string({ default: 'API rate limit exceeded', description: 'Message of a refusal.' }),
    sync_rate: number({
      required: true,
      default: REALTIME,
      description: 'Seconds between synchronisations with Redis; -1 counts there at once.',
    }),
  },
  {
    required: true,
    checks: [periodsOrder],
    shorthands: {
      redis_host: deprecated('host'),
      redis_port: deprecated('port'),
      redis_password: deprecated('password'),
      redis_username: deprecated('username'),
      redis_ssl: deprecated('ssl'),
      redis_ssl_verify: deprecated('ssl_verify'),
      redis_server_name: deprecated('server_name'),
      redis_timeout: deprecated('timeout'),
      redis_database: deprecated('database'),
    },
  },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [
    atLeastOneOf(...PERIODS.map((period) => `config.${period}`)),
    requiredWhen('config.policy', 'redis', 'config.redis.host'),
    requiredWhen('config.policy', 'redis', 'config.redis.port'),
    requiredWhen('config.policy', 'redis', 'config.redis.timeout'),
    requiredWhen('config.limit_by', 'header', 'config.header_name'),
    requiredWhen('config.limit_by', 'path', 'config.path'),
  ],
} satisfies PluginSchema<typeof config.fields>;
