/** Configuration of rate-limiting: Kong's fields, defaults and messages. */
import { atLeastOneOf, requiredWhen } from '../../config/schema/checks.ts';
import { boolean, type EntityCheck, number, record, string } from '../../config/schema/field.ts';
import { headerNameField, pathField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { redisRecord, redisRequiredWhen, redisShorthands } from '../redis-record.ts';
import { PERIODS } from './windows.ts';

const REALTIME = -1;

function limit(period: string) {
  return number({ gt: 0, description: `Requests allowed in a ${period}.` });
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
      description:
        'Where the counts are kept: in the node (exact over its workers) or in Redis (exact over all nodes).',
    }),
    fault_tolerant: boolean({
      required: true,
      default: true,
      description:
        'When the counts cannot be read: true counts within the node until they can, false answers 500.',
    }),
    redis: redisRecord('Connection for policy: redis.'),
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
    ietf_headers: boolean({
      default: false,
      description: 'Send the fields RateLimit-Policy and RateLimit of the IETF draft as well.',
    }),
  },
  {
    required: true,
    checks: [periodsOrder],
    shorthands: redisShorthands(),
  },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [
    atLeastOneOf(...PERIODS.map((period) => `config.${period}`)),
    ...redisRequiredWhen('config.policy'),
    requiredWhen('config.limit_by', 'header', 'config.header_name'),
    requiredWhen('config.limit_by', 'path', 'config.path'),
  ],
} satisfies PluginSchema<typeof config.fields>;
