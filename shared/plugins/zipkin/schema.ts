/** Configuration of zipkin: Kong's fields. */
import { array, boolean, integer, number, record, string } from '../../config/schema/field.ts';
import { brokenUrl, headerNameField } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { OLD_QUEUE_FIELDS, queueField } from '../queue/queue-fields.ts';
import { INJECTABLE } from '../tracing/formats.ts';
import { HEADER_TYPES, propagationField } from '../tracing/propagation.ts';

const RESERVED_TAGS = [
  'error',
  'http.method',
  'http.path',
  'http.status_code',
  'kong.balancer.state',
  'kong.balancer.try',
  'kong.consumer',
  'kong.credential',
  'kong.node.id',
  'kong.route',
  'kong.service',
  'lc',
  'peer.hostname',
];
const MAX_TIMEOUT_MS = 2 ** 31 - 2;
const timeout = (preset: number) =>
  integer({
    default: preset,
    between: [0, MAX_TIMEOUT_MS],
    description: 'Milliseconds; the three together bound a request to the collector.',
  });

function repeatedTag(tags: readonly unknown[]): string | undefined {
  const seen = new Set<string>();
  for (const tag of tags) {
    const { name } = (tag ?? {}) as { readonly name?: string };
    if (typeof name !== 'string') continue;
    if (seen.has(name)) return `repeated tags are not allowed: ${name}`;
    seen.add(name);
  }
  return undefined;
}

export const config = record(
  {
    local_service_name: string({
      required: true,
      default: 'kong',
      description: 'Name of this gateway in spans.',
    }),
    http_endpoint: string({ custom: brokenUrl, description: 'Where spans are posted; null: nowhere.' }),
    sample_ratio: number({
      default: 0.001,
      between: [0, 1],
      description: 'Share of the traces that begin here.',
    }),
    default_service_name: string({ description: 'Name of services that have none.' }),
    include_credential: boolean({
      required: true,
      default: true,
      description: 'Spans say which credential was used.',
    }),
    traceid_byte_count: integer({
      required: true,
      default: 16,
      oneOf: [8, 16],
      description: 'Bytes of new trace ids.',
    }),
    header_type: string({
      required: true,
      default: 'preserve',
      oneOf: HEADER_TYPES,
      description: 'Older form of propagation.',
    }),
    default_header_type: string({
      required: true,
      default: 'b3',
      oneOf: INJECTABLE,
      description: 'Older form of propagation.default_format.',
    }),
    tags_header: headerNameField({
      required: true,
      default: 'Zipkin-Tags',
      description: 'Request header with further tags: `name=value; name=value`.',
    }),
    static_tags: array(
      record({
        name: string({
          required: true,
          custom: (name: string) =>
            RESERVED_TAGS.includes(name) ? `must not be one of: ${RESERVED_TAGS.join(', ')}` : undefined,
          description: 'Name.',
        }),
        value: string({ required: true, description: 'Value.' }),
      }),
      { custom: repeatedTag, description: 'Tags of every request.' },
    ),
    http_span_name: string({
      required: true,
      default: 'method',
      oneOf: ['method', 'method_path'],
      description: 'What spans of requests are called.',
    }),
    connect_timeout: timeout(2000),
    send_timeout: timeout(5000),
    read_timeout: timeout(5000),
    http_response_header_for_traceid: headerNameField({
      description: 'Response header that says the trace id.',
    }),
    phase_duration_flavor: string({
      required: true,
      default: 'annotations',
      oneOf: ['annotations', 'tags'],
      description: 'How the times of phases are told.',
    }),
    queue: queueField(),
    propagation: propagationField('b3'),
  },
  { required: true, shorthands: OLD_QUEUE_FIELDS },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
