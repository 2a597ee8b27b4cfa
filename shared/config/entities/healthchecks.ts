/** The `healthchecks` record of an upstream: Kong's fields, bounds and defaults. */
import { array, boolean, integer, number, record, string } from '../schema/field.ts';
import { headersField, pathField, sniField } from '../schema/formats.ts';

const seconds = (value: number, description: string) =>
  number({ default: value, between: [0, 65535], description });
const count = (description: string) => integer({ default: 0, between: [0, 255], description });
const statuses = <const D extends readonly number[]>(value: D, description: string) =>
  array(integer({ between: [100, 999] }), { default: value, description });
const kind = string({
  default: 'http',
  oneOf: ['tcp', 'http', 'https', 'grpc', 'grpcs'],
  description: 'What a check speaks, and what counts as a failure.',
});

export const healthchecks = record(
  {
    active: record(
      {
        type: kind,
        timeout: seconds(1, 'How long a probe may take, in seconds.'),
        concurrency: integer({
          default: 10,
          between: [1, 2147483648],
          description: 'How many endpoints are probed at the same time.',
        }),
        http_path: pathField({ default: '/', description: 'Path that probes ask for.' }),
        https_sni: sniField({ description: 'Server name sent by HTTPS probes.' }),
        https_verify_certificate: boolean({
          default: true,
          description: 'Whether HTTPS probes verify the certificate.',
        }),
        headers: headersField('Headers that probes send.'),
        healthy: record(
          {
            interval: seconds(0, 'Seconds between probes of healthy endpoints; 0 = none.'),
            http_statuses: statuses([200, 302], 'Statuses that count as a success.'),
            successes: count('Successes after which an endpoint is healthy; 0 = never.'),
          },
          { required: true, description: 'When an endpoint becomes healthy.' },
        ),
        unhealthy: record(
          {
            interval: seconds(0, 'Seconds between probes of unhealthy endpoints; 0 = none.'),
            http_statuses: statuses(
              [429, 404, 500, 501, 502, 503, 504, 505],
              'Statuses that count as a failure.',
            ),
            tcp_failures: count('TCP failures after which an endpoint is unhealthy; 0 = never.'),
            timeouts: count('Timeouts after which an endpoint is unhealthy; 0 = never.'),
            http_failures: count('Failures by status after which an endpoint is unhealthy; 0 = never.'),
          },
          { required: true, description: 'When an endpoint becomes unhealthy.' },
        ),
      },
      { required: true, description: 'Probes sent to the endpoints.' },
    ),
    passive: record(
      {
        type: kind,
        healthy: record(
          {
            http_statuses: statuses(
              [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308],
              'Statuses that count as a success.',
            ),
            successes: count('Successes after which an endpoint is healthy; 0 = never.'),
          },
          { required: true, description: 'When an endpoint becomes healthy.' },
        ),
        unhealthy: record(
          {
            http_statuses: statuses([429, 500, 503], 'Statuses that count as a failure.'),
            tcp_failures: count('TCP failures after which an endpoint is unhealthy; 0 = never.'),
            timeouts: count('Timeouts after which an endpoint is unhealthy; 0 = never.'),
            http_failures: count('Failures by status after which an endpoint is unhealthy; 0 = never.'),
          },
          { required: true, description: 'When an endpoint becomes unhealthy.' },
        ),
      },
      { required: true, description: 'Conclusions from the traffic itself.' },
    ),
    threshold: number({
      default: 0,
      between: [0, 100],
      description: 'Percent of the weight that must be available for the upstream to count as healthy.',
    }),
  },
  { default: {}, description: 'How the health of endpoints is found out.' },
);
