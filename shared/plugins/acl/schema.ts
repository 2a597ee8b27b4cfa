/** Configuration of acl and the groups of consumers: Kong's fields. */
import { atLeastOneOf, onlyOneOf } from '../../config/schema/checks.ts';
import { array, boolean, foreign, integer, record, set, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const config = record(
  {
    allow: array(string(), {
      description: 'Groups that may pass; everybody else is refused. Not together with deny.',
    }),
    deny: array(string(), {
      description: 'Groups that are refused; everybody else may pass. Not together with allow.',
    }),
    hide_groups_header: boolean({
      required: true,
      default: false,
      description: 'Does not tell the upstream the groups.',
    }),
    always_use_authenticated_groups: boolean({
      required: true,
      default: false,
      description:
        'Decides by the groups that an authentication plugin has found, when there are any, also for requests with a consumer.',
    }),
  },
  { required: true },
);

export default {
  config,
  checks: [onlyOneOf('config.allow', 'config.deny'), atLeastOneOf('config.allow', 'config.deny')],
  noScope: ['consumer'],
  protocols: HTTP_PROTOCOLS,
  entities: {
    acls: {
      fields: {
        id: string({ uuid: true, auto: true }),
        created_at: integer({ timestamp: true, auto: true }),
        consumer: foreign('consumers', { required: true }, 'cascade'),
        group: string({ required: true, description: 'A group that the consumer is in.' }),
        tags: set(string()),
      },
      cacheKey: ['consumer', 'group'],
      adminPath: 'acls',
      nestedPath: 'acls',
    },
  },
} satisfies PluginSchema<typeof config.fields>;
