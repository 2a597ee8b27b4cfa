/** Configuration of datadog: Kong's fields and default metrics. */
import { array, type EntityCheck, number, record, string } from '../../config/schema/field.ts';
import { brokenHost, portField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { OLD_QUEUE_FIELDS, queueField } from '../queue/queue-fields.ts';

export const METRICS = [
  'kong_latency',
  'latency',
  'request_count',
  'request_size',
  'response_size',
  'upstream_latency',
] as const;
const STAT_TYPES = ['counter', 'gauge', 'histogram', 'meter', 'set', 'timer', 'distribution'] as const;

const rateForCounters: EntityCheck = {
  name: 'conditional',
  fields: ['stat_type', 'sample_rate'],
  run({ stat_type: type, sample_rate: rate }, report) {
    if ((type === 'counter' || type === 'gauge') && typeof rate !== 'number')
      report('sample_rate', 'required field missing');
  },
};

export const config = record(
  {
    host: string({
      referenceable: true,
      default: 'localhost',
      custom: brokenHost,
      description: 'Host of the agent; null: KONG_DATADOG_AGENT_HOST.',
    }),
    port: portField({ default: 8125, description: 'Port of the agent; null: KONG_DATADOG_AGENT_PORT.' }),
    prefix: string({ default: 'kong', description: 'Begin of all names.' }),
    service_name_tag: string({ default: 'name', description: 'Tag for the service.' }),
    status_tag: string({ default: 'status', description: 'Tag for the status.' }),
    consumer_tag: string({ default: 'consumer', description: 'Tag for the consumer.' }),
    metrics: array(
      record(
        {
          name: string({ required: true, oneOf: METRICS, description: 'The metric.' }),
          stat_type: string({ required: true, oneOf: STAT_TYPES, description: 'Its type.' }),
          tags: array(
            string({
              custom: (tag: string) => (tag.endsWith(':') ? `invalid value: ${tag}` : undefined),
            }),
            { description: 'Further tags.' },
          ),
          sample_rate: number({ between: [0, 1], description: 'Share of the values that are sent.' }),
          consumer_identifier: string({
            oneOf: ['consumer_id', 'custom_id', 'username'],
            description: 'What stands for a consumer; null: no such tag.',
          }),
        },
        { checks: [rateForCounters] },
      ),
      {
        required: true,
        default: (
          [
            'request_count',
            'latency',
            'request_size',
            'response_size',
            'upstream_latency',
            'kong_latency',
          ] as const
        ).map((name) => ({
          name,
          stat_type: name === 'request_count' ? 'counter' : 'timer',
          tags: ['app:kong'],
          sample_rate: name === 'request_count' ? 1 : null,
          consumer_identifier: 'custom_id',
        })),
        description: 'What is sent.',
      },
    ),
    queue: queueField(),
  },
  { required: true, shorthands: OLD_QUEUE_FIELDS },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
