/** Configuration of proxy-cache: Kong's fields, defaults and messages, and own ones for bounds. */
import { array, boolean, integer, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName } from '../../config/schema/formats.ts';
import type { PluginSchema } from '../contract.ts';
import { redisRecord, redisRequiredWhen } from '../redis-record.ts';
import { parseMediaRange } from './media-type.ts';

export const config = record(
  {
    response_code: array(integer({ between: [100, 900] }), {
      required: true,
      default: [200, 301, 404],
      lenMin: 1,
      description: 'Statuses of responses that may be stored. 206 and 304 never are.',
    }),
    request_method: array(string({ oneOf: ['HEAD', 'GET', 'POST', 'PATCH', 'PUT'] }), {
      required: true,
      default: ['GET', 'HEAD'],
      description: 'Methods of requests that may be answered from the cache.',
    }),
    content_type: array(
      string({
        custom: (text) => (parseMediaRange(text) === undefined ? `invalid value: ${text}` : undefined),
      }),
      {
        required: true,
        default: ['text/plain', 'application/json'],
        description:
          'Types that may be stored; parameters must be the same. `*` stands for any type or subtype.',
      },
    ),
    cache_ttl: integer({
      default: 300,
      gt: 0,
      description: 'Seconds a response is fresh, unless cache_control is true.',
    }),
    strategy: string({
      required: true,
      oneOf: ['memory', 'redis'],
      description: 'Where responses are stored: in each worker, or in Redis for all nodes.',
    }),
    cache_control: boolean({
      required: true,
      default: false,
      description: 'Do as Cache-Control and its like say (RFC 9111), instead of storing for cache_ttl.',
    }),
    ignore_uri_case: boolean({ default: false, description: 'Paths that differ by case are the same.' }),
    storage_ttl: integer({
      description: 'Seconds a response is kept at most, also when it is no longer fresh. With cache_control.',
    }),
    memory: record(
      {
        dictionary_name: string({
          required: true,
          default: 'kong_db_cache',
          description: 'Plugins with the same one share a store.',
        }),
        max_bytes: integer({
          default: 33_554_432,
          between: [65_536, 8_589_934_592],
          description: 'Bytes that a store may take in each worker; what was not used longest goes first.',
        }),
      },
      { required: true, description: 'For strategy: memory.' },
    ),
    redis: redisRecord('Connection for strategy: redis.'),
    vary_query_params: array(string(), {
      lenMin: 1,
      description: 'Query arguments that tell responses apart; default all.',
    }),
    vary_headers: array(string({ custom: brokenHeaderName }), {
      description: 'Request headers that tell responses apart, besides those that responses name in Vary.',
    }),
    response_headers: record(
      {
        age: boolean({ default: true, description: 'Send Age with stored responses.' }),
        'X-Cache-Status': boolean({ default: true, description: 'Send X-Cache-Status.' }),
        'X-Cache-Key': boolean({ default: true, description: 'Send X-Cache-Key.' }),
      },
      { required: true, description: 'What responses say about the cache.' },
    ),
    max_entity_bytes: integer({
      default: 1_048_576,
      between: [1, 67_108_864],
      description: 'Longer bodies are not stored.',
    }),
    max_variants: integer({
      default: 16,
      between: [1, 1000],
      description: 'Responses stored for one key that differ by what Vary names; the oldest goes first.',
    }),
    lock_timeout: number({
      default: 5,
      between: [0, 60],
      description:
        'Seconds a request waits for another one in the same worker that is fetching what it needs; 0: it does not.',
    }),
  },
  { required: true },
);

export default {
  config,
  checks: redisRequiredWhen('config.strategy'),
} satisfies PluginSchema<typeof config.fields>;
