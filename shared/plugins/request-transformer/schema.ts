/** Configuration of request-transformer: Kong's fields. */
import { boolean, record, string } from '../../config/schema/field.ts';
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { brokenTemplate } from '../template/template.ts';
import { listOf, TEMPLATED, transformRecord } from '../transform/transformer-fields.ts';

const OTHERS = ['body', 'querystring'] as const;

export const config = record(
  {
    http_method: string({ match: /^[A-Z]+$/, description: 'Method of the request to the upstream.' }),
    remove: transformRecord('What is taken out.', TEMPLATED, false, OTHERS),
    rename: transformRecord('What gets another name.', TEMPLATED, true, OTHERS),
    replace: record(
      {
        headers: listOf(TEMPLATED.header, 'Headers, as `name:value`; `Host` may be among them.'),
        body: listOf(TEMPLATED.named, 'As `name:value`.'),
        querystring: listOf(TEMPLATED.named, 'As `name:value`.'),
        uri: string({ custom: brokenTemplate, description: 'Path of the request to the upstream.' }),
      },
      { required: true, description: 'What is replaced if it is there.' },
    ),
    add: transformRecord('What is added if it is not there.', TEMPLATED, true, OTHERS),
    append: transformRecord('What is added in any case.', TEMPLATED, true, OTHERS),
    dots_in_keys: boolean({
      default: true,
      description:
        'Dots in names of JSON members are part of the name; false: they lead into nested objects.',
    }),
  },
  { required: true },
);

export default { config, protocols: PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
