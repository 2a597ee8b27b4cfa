/** Configuration of request-termination: Kong's fields and messages. */
import { boolean, type EntityCheck, integer, record, string } from '../../config/schema/field.ts';
import { headerNameField } from '../../config/schema/formats.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

const exclusions: EntityCheck = {
  name: 'custom_validator',
  fields: ['message', 'body', 'content_type', 'echo'],
  run(config, report) {
    const has = (field: string) => typeof config[field] === 'string' && config[field] !== '';
    if (has('message') && (has('content_type') || has('body'))) {
      report('@entity', 'message cannot be used with content_type or body');
    } else if (has('content_type') && !has('body')) {
      report('@entity', 'content_type requires a body');
    } else if (config['echo'] === true && (has('content_type') || has('body'))) {
      report('@entity', 'echo cannot be used with content_type and body');
    }
  },
};

export const config = record(
  {
    status_code: integer({
      required: true,
      default: 503,
      between: [100, 599],
      description: 'Status of the answer.',
    }),
    message: string({ description: 'Message in a JSON body.' }),
    content_type: string({ description: 'Content type of body.' }),
    body: string({ description: 'The body as it is.' }),
    echo: boolean({
      required: true,
      default: false,
      description: 'Answer with a description of the request.',
    }),
    trigger: headerNameField({
      description: 'Answer only requests that have this header or query argument.',
    }),
  },
  { required: true, checks: [exclusions] },
);

export default { config, protocols: HTTP_PROTOCOLS } satisfies PluginSchema<typeof config.fields>;
