/** Configuration of rate-limiting-advanced: the fields and defaults of Kong's plugin of that name. */
import { customCheck, requiredWhen } from '../../config/schema/checks.ts';
import { array, boolean, type EntityCheck, number, record, string } from '../../config/schema/field.ts';
import { headerNameField, pathField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { redisRecord, redisRequiredWhen } from '../redis-record.ts';

const MAX_WINDOWS = 8;

const windows: EntityCheck = customCheck(
  ['limit', 'window_size', 'strategy', 'sync_rate'],
  (config, report) => {
    const limits = config['limit'] as readonly number[] | null;
    const sizes = config['window_size'] as readonly number[] | null;
    if (limits !== null && sizes !== null && limits.length !== sizes.length)
      report('@entity', 'You must provide the same number of windows and limits');
    if (sizes !== null && new Set(sizes).size !== sizes.length)
      report('window_size', 'every window must have another size');
    const rate = config['sync_rate'] as number | null;
    if (config['strategy'] !== 'local' && rate === null)
      report('@entity', 'sync_rate is required if not using a local strategy');
    if (rate !== null && rate > 0 && rate < 0.02)
      report('@entity', 'Config option `sync_rate` must not be between 0 and 0.02');
  },
);

export const config = record(
  {
    limit: array(number({ gt: 0 }), {
      required: true,
      lenMin: 1,
      lenMax: MAX_WINDOWS,
      description: 'Requests allowed in each window.',
    }),
    window_size: array(number({ gt: 0 }), {
      required: true,
      lenMin: 1,
      lenMax: MAX_WINDOWS,
      description: 'Seconds of each window, in the order of the limits.',
    }),
    window_type: string({
      default: 'sliding',
      oneOf: ['fixed', 'sliding'],
      description: 'Whether a window is the last so many seconds, or begins anew every so many.',
    }),
    identifier: string({
      required: true,
      default: 'consumer',
      oneOf: ['ip', 'credential', 'consumer', 'service', 'header', 'path'],
      description: 'What requests are counted by. What a request does not have is replaced by its address.',
    }),
    header_name: headerNameField({ description: 'The header, for identifier: header.' }),
    path: pathField({ description: 'The path, for identifier: path.' }),
    namespace: string({
      description: 'Plugins with the same one count together. Default: the id of the plugin.',
    }),
    strategy: string({
      required: true,
      default: 'local',
      oneOf: ['cluster', 'redis', 'local'],
      description:
        'Where the counts are kept: in the node (exact over its workers) or in Redis (exact over all nodes).',
    }),
    sync_rate: number({
      description:
        'Seconds between synchronisations with Redis; 0 asks it about each request, -1 never: counts stay within the node.',
    }),
    dictionary_name: string({
      required: true,
      default: 'kong_rate_limiting_counters',
      noEffect: 'all counters of a node lie in one table',
      description: 'Accepted, and of no effect: all counters of a node lie in one table.',
    }),
    redis: redisRecord('Connection for strategy: redis.'),
    retry_after_jitter_max: number({
      default: 0,
      between: [0, 86_400],
      description: 'Up to so many seconds are added to Retry-After, so that not all come back at once.',
    }),
    hide_client_headers: boolean({ default: false, description: 'Send no RateLimit headers.' }),
    ietf_headers: boolean({
      default: false,
      description: 'Send the fields RateLimit-Policy and RateLimit of the IETF draft as well.',
    }),
    disable_penalty: boolean({
      default: false,
      description: 'Do not count refused requests. Only with sliding windows.',
    }),
    error_code: number({ default: 429, gt: 0, description: 'Status of a refusal.' }),
    error_message: string({ default: 'API rate limit exceeded', description: 'Message of a refusal.' }),
  },
  { required: true, checks: [windows] },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [
    ...redisRequiredWhen('config.strategy'),
    requiredWhen('config.identifier', 'header', 'config.header_name'),
    requiredWhen('config.identifier', 'path', 'config.path'),
  ],
} satisfies PluginSchema<typeof config.fields>;
