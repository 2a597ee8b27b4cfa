/** Configuration of statsd: Kong's fields and default metrics. */

import type { EntityCheck } from '../../config/schema/field.ts';
import { array, boolean, number, record, string } from '../../config/schema/field.ts';
import { hostField, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { OLD_QUEUE_FIELDS, queueField } from '../queue/queue-fields.ts';

export const METRICS = [
  'kong_latency',
  'latency',
  'request_count',
  'request_per_user',
  'request_size',
  'response_size',
  'shdict_usage',
  'status_count',
  'status_count_per_user',
  'status_count_per_user_per_route',
  'status_count_per_workspace',
  'unique_users',
  'upstream_latency',
] as const;
const STAT_TYPES = ['counter', 'gauge', 'histogram', 'meter', 'set', 'timer'] as const;
const CONSUMERS = ['consumer_id', 'custom_id', 'username'] as const;
const SERVICES = ['service_id', 'service_name', 'service_host', 'service_name_or_host'] as const;
const WORKSPACES = ['workspace_id', 'workspace_name'] as const;

const rateForCounters: EntityCheck = {
  name: 'conditional',
  fields: ['stat_type', 'sample_rate'],
  run({ stat_type: type, sample_rate: rate }, report) {
    if ((type === 'counter' || type === 'gauge') && typeof rate !== 'number')
      report('sample_rate', 'required field missing');
  },
};

type Preset = readonly [(typeof METRICS)[number], (typeof STAT_TYPES)[number], 1?];
const PRESETS: readonly Preset[] = [
  ['request_count', 'counter', 1],
  ['latency', 'timer'],
  ['request_size', 'counter', 1],
  ['status_count', 'counter', 1],
  ['response_size', 'counter', 1],
  ['unique_users', 'set'],
  ['request_per_user', 'counter', 1],
  ['upstream_latency', 'timer'],
  ['kong_latency', 'timer'],
  ['status_count_per_user', 'counter', 1],
  ['status_count_per_workspace', 'counter', 1],
  ['status_count_per_user_per_route', 'counter', 1],
  ['shdict_usage', 'gauge', 1],
];

export const config = record(
  {
    host: hostField({ default: 'localhost', description: 'Host of the StatsD server.' }),
    port: portField({ default: 8125, description: 'Port of the StatsD server.' }),
    prefix: string({ default: 'kong', description: 'Begin of all names.' }),
    metrics: array(
      record(
        {
          name: string({ required: true, oneOf: METRICS, description: 'The metric.' }),
          stat_type: string({ required: true, oneOf: STAT_TYPES, description: 'Its type.' }),
          sample_rate: number({ gt: 0, description: 'Share of the values that are sent.' }),
          consumer_identifier: string({ oneOf: CONSUMERS, description: 'What stands for a consumer.' }),
          service_identifier: string({ oneOf: SERVICES, description: 'What stands for a service.' }),
          workspace_identifier: string({ oneOf: WORKSPACES, description: 'What stands for a workspace.' }),
        },
        { checks: [rateForCounters] },
      ),
      {
        default: PRESETS.map(([name, stat_type, sample_rate]) => ({
          name,
          stat_type,
          sample_rate: sample_rate ?? null,
          consumer_identifier: null,
          service_identifier: null,
          workspace_identifier: null,
        })),
        description: 'What is sent.',
      },
    ),
    allow_status_codes: array(
      string({
        match: /^\d\d\d-\d\d\d$/,
      }),
      { description: 'Ranges of statuses (`200-299`) whose requests are counted; null: all.' },
    ),
    udp_packet_size: number({
      default: 0,
      between: [0, 65_507],
      description: 'Bytes up to which lines share a datagram; 0: each has its own.',
    }),
    use_tcp: boolean({ default: false, description: 'Send over TCP.' }),
    hostname_in_prefix: boolean({ default: false, description: "Put the node's name behind the prefix." }),
    consumer_identifier_default: string({
      required: true,
      default: 'custom_id',
      oneOf: CONSUMERS,
      description: 'What stands for a consumer.',
    }),
    service_identifier_default: string({
      required: true,
      default: 'service_name_or_host',
      oneOf: SERVICES,
      description: 'What stands for a service.',
    }),
    workspace_identifier_default: string({
      required: true,
      default: 'workspace_id',
      oneOf: WORKSPACES,
      description: 'What stands for a workspace.',
    }),
    tag_style: string({
      oneOf: ['dogstatsd', 'influxdb', 'librato', 'signalfx'],
      description: 'How tags are written; null: there are none, and names hold what tags would say.',
    }),
    queue: queueField(),
  },
  { required: true, shorthands: OLD_QUEUE_FIELDS },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
