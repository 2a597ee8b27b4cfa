/** Configuration of response-ratelimiting: Kong's fields, defaults and messages. */
import { atLeastOneOf } from '../../config/schema/checks.ts';
import { boolean, type EntityCheck, map, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName, headerNameField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { PERIODS } from '../rate-limiting/windows.ts';
import { redisRecord, redisRequiredWhen, redisShorthands } from '../redis-record.ts';

const periodsOrder: EntityCheck = {
  name: 'custom_validator',
  fields: PERIODS,
  run(limits, report) {
    for (const [index, lower] of PERIODS.entries()) {
      const least = limits[lower];
      if (typeof least !== 'number') continue;
      for (const upper of PERIODS.slice(index + 1)) {
        const most = limits[upper];
        if (typeof most === 'number' && most < least) {
          report(
            '@entity',
            `the limit for ${upper}(${most.toFixed(1)}) cannot be lower than the limit for ${lower}(${least.toFixed(1)})`,
          );
          return;
        }
      }
    }
  },
};

const limit = (period: string) => number({ gt: 0, description: `Units allowed in a ${period}.` });

export const config = record(
  {
    header_name: headerNameField({
      default: 'x-kong-limit',
      description:
        'The response header by which the upstream says what a response has used: `video=2, image=1`.',
    }),
    limit_by: string({
      default: 'consumer',
      oneOf: ['consumer', 'credential', 'ip'],
      description: 'Who uses. What a request does not have is replaced by its address.',
    }),
    policy: string({
      default: 'local',
      oneOf: ['local', 'cluster', 'redis'],
      description: 'Where the counts are kept: in the node or in Redis.',
    }),
    fault_tolerant: boolean({
      required: true,
      default: true,
      description:
        'When the counts cannot be read: true counts within the node until they can, false answers 500.',
    }),
    redis: redisRecord('Connection for policy: redis.'),
    block_on_first_violation: boolean({
      required: true,
      default: false,
      description: 'Refuse every request as soon as one of the limits is used up.',
    }),
    hide_client_headers: boolean({
      required: true,
      default: false,
      description: 'Send no RateLimit headers.',
    }),
    limits: map(
      string({ custom: brokenHeaderName }),
      record(
        {
          second: limit('second'),
          minute: limit('minute'),
          hour: limit('hour'),
          day: limit('day'),
          month: limit('calendar month'),
          year: limit('calendar year'),
        },
        { required: true, checks: [atLeastOneOf(...PERIODS), periodsOrder] },
      ),
      { required: true, lenMin: 1, description: 'The limits by their names.' },
    ),
  },
  { required: true, shorthands: redisShorthands() },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: redisRequiredWhen('config.policy'),
} satisfies PluginSchema<typeof config.fields>;
