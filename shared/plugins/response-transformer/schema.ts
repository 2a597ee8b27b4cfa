/** Configuration of response-transformer: Kong's fields. */
import { array, boolean, record, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { listOf, PLAIN, transformRecord } from '../transform/transformer-fields.ts';

function withTypes(description: string) {
  return record(
    {
      headers: listOf(PLAIN.header, 'Headers, as `name:value`.'),
      json: listOf(PLAIN.named, 'JSON members, as `name:value`.'),
      json_types: array(string({ oneOf: ['boolean', 'number', 'string'] }), {
        required: true,
        default: [],
        description: 'Types of the values in json, by position; string where there is none.',
      }),
    },
    { required: true, description },
  );
}

export const config = record(
  {
    remove: transformRecord('What is taken out.', PLAIN, false, ['json']),
    rename: transformRecord('What gets another name.', PLAIN, true, ['json']),
    replace: withTypes('What is replaced if it is there.'),
    add: withTypes('What is added if it is not there.'),
    append: withTypes('What is added in any case.'),
    dots_in_keys: boolean({
      default: true,
      description:
        'Dots in names of JSON members are part of the name; false: they lead into nested objects.',
    }),
  },
  { required: true },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
