/** Configuration of ip-restriction: Kong's fields. */
import { array, number, record, string } from '../../config/schema/field.ts';
import type { PluginSchema } from '../contract.ts';
import { ALL_PROTOCOLS, atLeastOneOf, ipOrCidrError } from '../fields.ts';

export const config = record(
  {
    allow: array(string({ custom: ipOrCidrError }), {
      description: 'Addresses and CIDR ranges that may pass; all others may not.',
    }),
    deny: array(string({ custom: ipOrCidrError }), {
      description: 'Addresses and CIDR ranges that may not pass, whatever allow says.',
    }),
    status: number({ description: 'Status of a refusal; 403 when null.' }),
    message: string({ description: 'Message of a refusal; names the address when null.' }),
  },
  { required: true },
);

export default {
  config,
  protocols: ALL_PROTOCOLS,
  defaultProtocols: ['http', 'https', 'tcp', 'tls', 'grpc', 'grpcs'],
  checks: [atLeastOneOf('config.allow', 'config.deny')],
} satisfies PluginSchema<typeof config.fields>;
