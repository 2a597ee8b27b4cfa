/** Configuration of fault-injection: the fields of Envoy's fault filter, in this product's units. */
import { atLeastOneOf } from '../../config/schema/checks.ts';
import { boolean, integer, map, number, record, string } from '../../config/schema/field.ts';
import { brokenHeaderName } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const MAX_DELAY_MS = 600_000;

const percentage = (what: string) =>
  number({ default: 100, between: [0, 100], description: `Share of the requests that are ${what}.` });

export const config = record(
  {
    delay: record(
      {
        fixed_delay: integer({ between: [0, MAX_DELAY_MS], description: 'Milliseconds.' }),
        header_delay: boolean({
          default: false,
          description: 'The header x-envoy-fault-delay-request says the milliseconds.',
        }),
        percentage: percentage('delayed'),
      },
      { description: 'Requests wait before they go on.' },
    ),
    abort: record(
      {
        http_status: integer({ between: [200, 599], description: 'Status of the answer.' }),
        header_abort: boolean({
          default: false,
          description: 'The header x-envoy-fault-abort-request says the status.',
        }),
        message: string({ default: 'fault filter abort', description: 'Message of the answer.' }),
        percentage: percentage('answered with an error'),
      },
      { description: 'Requests get an error and do not reach the upstream.' },
    ),
    headers: map(string({ custom: brokenHeaderName }), string(), {
      description: 'Only requests that have all these headers with these values.',
    }),
    max_active_faults: integer({
      default: 1000,
      between: [0, 1_000_000],
      description: 'How many requests may wait at once in a worker; further ones are not delayed.',
    }),
  },
  { required: true },
);

export default {
  config,
  protocols: PROTOCOLS,
  checks: [atLeastOneOf('config.delay', 'config.abort')],
} satisfies PluginSchema<typeof config.fields>;
