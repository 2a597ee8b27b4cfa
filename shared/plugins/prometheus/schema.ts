/** Configuration of prometheus: Kong's switches. */
import { boolean, record } from '../../config/schema/field.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    per_consumer: boolean({ default: false, description: 'Fill in the consumer label.' }),
    status_code_metrics: boolean({ default: false, description: 'Count requests by status.' }),
    ai_metrics: boolean({ default: false, description: 'Accepted; there are no AI plugins to measure.' }),
    latency_metrics: boolean({ default: false, description: 'Latency histograms.' }),
    bandwidth_metrics: boolean({ default: false, description: 'Count bytes from and to clients.' }),
    upstream_health_metrics: boolean({ default: false, description: 'Health of the targets of upstreams.' }),
    wasm_metrics: boolean({ default: false, description: 'Accepted; there are no Wasm filters to measure.' }),
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
