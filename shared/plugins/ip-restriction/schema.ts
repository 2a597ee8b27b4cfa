/** Configuration of ip-restriction: Kong's fields. */
import { atLeastOneOf } from '../../config/schema/checks.ts';
import { array, number, record, string } from '../../config/schema/field.ts';
import { brokenIpOrCidr } from '../../config/schema/formats.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    allow: array(string({ custom: brokenIpOrCidr }), {
      description: 'Addresses and CIDR ranges that may pass; all others may not.',
    }),
    deny: array(string({ custom: brokenIpOrCidr }), {
      description: 'Addresses and CIDR ranges that may not pass, whatever allow says.',
    }),
    status: number({ description: 'Status of a refusal; 403 when null.' }),
    message: string({ description: 'Message of a refusal; names the address when null.' }),
  },
  { required: true },
);

export default {
  config,
  protocols: PROTOCOLS,
  defaultProtocols: ['http', 'https', 'tcp', 'tls', 'grpc', 'grpcs'],
  checks: [atLeastOneOf('config.allow', 'config.deny')],
} satisfies PluginSchema<typeof config.fields>;
