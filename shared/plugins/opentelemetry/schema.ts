/** Configuration of opentelemetry: Kong's fields. */
import { atLeastOneOf } from '../../config/schema/checks.ts';
import { integer, map, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName, brokenUrl, headerNameField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { brokenFieldValue } from '../header-text.ts';
import { queueField } from '../queue/queue-fields.ts';
import { HEADER_TYPES, propagationField } from '../tracing/propagation.ts';

const MAX_TIMEOUT_MS = 2 ** 31 - 2;
const timeout = (preset: number, description: string) =>
  integer({ default: preset, between: [0, MAX_TIMEOUT_MS], description });

export const config = record(
  {
    traces_endpoint: string({
      referenceable: true,
      custom: brokenUrl,
      description: 'Where spans are posted (OTLP over HTTP).',
    }),
    logs_endpoint: string({
      referenceable: true,
      custom: () => 'logs are not exported here; remove logs_endpoint and use a log plugin',
      description: 'Refused: logs are not exported.',
    }),
    headers: map(
      string({ custom: brokenHeaderName }),
      string({ referenceable: true, custom: brokenFieldValue }),
      {
        description: 'Further headers of the requests to the collector.',
      },
    ),
    resource_attributes: map(string(), string(), {
      description: 'Attributes of the resource, besides service.name.',
    }),
    queue: queueField({ maxBatchSize: 200 }),
    connect_timeout: timeout(1000, 'Milliseconds; the three together bound a request to the collector.'),
    send_timeout: timeout(5000, 'Milliseconds.'),
    read_timeout: timeout(5000, 'Milliseconds.'),
    http_response_header_for_traceid: headerNameField({
      description: 'Response header that says the trace id.',
    }),
    header_type: string({
      default: 'preserve',
      oneOf: HEADER_TYPES,
      description: 'Older form of propagation.',
    }),
    sampling_rate: number({
      between: [0, 1],
      description: 'Share of the traces that begin here; null: 0.01.',
    }),
    propagation: propagationField('w3c'),
  },
  {
    required: true,
    shorthands: {
      endpoint: {
        description: 'Old name of traces_endpoint.',
        schema: string({}),
        expand: (value) => ({ traces_endpoint: value }),
      },
      batch_span_count: {
        description: 'Old name of queue.max_batch_size.',
        schema: integer({}),
        expand: (value) => ({ queue: { max_batch_size: value } }),
      },
      batch_flush_delay: {
        description: 'Old name of queue.max_coalescing_delay.',
        schema: number({}),
        expand: (value) => ({ queue: { max_coalescing_delay: value } }),
      },
    },
  },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [atLeastOneOf('config.traces_endpoint', 'config.logs_endpoint')],
} satisfies PluginSchema<typeof config.fields>;
