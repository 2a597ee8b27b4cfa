/** Configuration of canary: fields of Kong Enterprise's plugin of that name. */
import { atLeastOneOf, customCheck, requiredWhen } from '../../config/schema/checks.ts';
import { array, number, record, string } from '../../config/schema/field.ts';
import { headerNameField, hostField, pathField, portField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    percentage: number({ between: [0, 100], description: 'Share of the requests that go to the canary.' }),
    start: number({
      timestamp: true,
      description: 'Unix seconds at which the share begins to grow from 0 to 100 percent.',
    }),
    duration: number({ default: 3600, gt: 0, description: 'Seconds from start to 100 percent.' }),
    steps: number({ default: 1000, gt: 1, description: 'Into how many parts users are divided.' }),
    hash: string({
      default: 'consumer',
      oneOf: ['consumer', 'ip', 'header', 'allow', 'deny', 'none'],
      description:
        'What stays with one version: consumer, address or header value; allow, deny: by group; none: every request anew.',
    }),
    hash_header: headerNameField({ description: 'The header, for hash: header.' }),
    groups: array(string(), {
      description: 'ACL groups whose consumers go to the canary (hash: allow) or do not (hash: deny).',
    }),
    canary_by_header_name: headerNameField({
      description: 'A header by which a client chooses: `always` or `never`.',
    }),
    upstream_host: hostField({ description: "Host or upstream of the canary; null: the service's." }),
    upstream_port: portField({ description: "Port of the canary; null: the service's." }),
    upstream_uri: pathField({ description: 'Path of requests to the canary; null: as for all others.' }),
  },
  { required: true },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [
    atLeastOneOf('config.upstream_host', 'config.upstream_port', 'config.upstream_uri'),
    requiredWhen('config.hash', 'header', 'config.hash_header'),
    requiredWhen('config.hash', 'allow', 'config.groups'),
    requiredWhen('config.hash', 'deny', 'config.groups'),
    customCheck(
      ['config.percentage', 'config.start', 'config.hash', 'config.canary_by_header_name'],
      (plugin, report) => {
        const {
          percentage,
          start,
          hash,
          canary_by_header_name: header,
        } = plugin['config'] as Record<string, unknown>;
        if (hash === 'allow' || hash === 'deny' || typeof header === 'string') return;
        if (typeof percentage !== 'number' && typeof start !== 'number')
          report(
            '@entity',
            "at least one of these fields must be non-empty: 'config.percentage', 'config.start'",
          );
      },
    ),
  ],
} satisfies PluginSchema<typeof config.fields>;
