/** Configuration of request-validator: fields of Kong Enterprise's plugin of that name. */
import { atLeastOneOf } from '../../config/schema/checks.ts';
import { array, boolean, record, set, string } from '../../config/schema/field.ts';
import { HTTP_PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';

export const VERSIONS = ['kong', 'draft4', 'draft6', 'draft7', 'draft201909', 'draft202012'] as const;
const STYLES = ['form', 'simple', 'spaceDelimited', 'pipeDelimited'] as const;

function brokenJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `failed decoding schema: ${(error as Error).message}`;
  }
}

export const config = record(
  {
    body_schema: string({ custom: brokenJson, description: 'Schema of the body, as JSON text.' }),
    allowed_content_types: set(string({ match: /^[^\s/;]+\/[^\s/;]+(?:\s*;.*)?$/ }), {
      default: ['application/json'],
      description: 'Content types that a body may have; only JSON is looked into.',
    }),
    content_type_parameter_validation: boolean({
      default: true,
      description: 'Parameters of content types (`charset`) must be those that are allowed.',
    }),
    version: string({
      required: true,
      default: 'kong',
      oneOf: VERSIONS,
      description: "Language of the schemas: Kong's own, or a draft of JSON Schema.",
    }),
    parameter_schema: array(
      record({
        in: string({ required: true, oneOf: ['query', 'header', 'path'], description: 'Where it is.' }),
        name: string({ required: true, description: 'Its name; of a path parameter, that of the capture.' }),
        required: boolean({ required: true, description: 'It must be there.' }),
        style: string({ oneOf: STYLES, description: 'How several values are written.' }),
        explode: boolean({ description: 'Several values are several arguments.' }),
        schema: string({
          custom: brokenJson,
          description: 'Schema of the value (JSON Schema), as JSON text.',
        }),
      }),
      { description: 'What parameters must look like.' },
    ),
    verbose_response: boolean({
      required: true,
      default: false,
      description: 'The answer says what is wrong.',
    }),
  },
  { required: true },
);

export default {
  config,
  protocols: HTTP_PROTOCOLS,
  checks: [atLeastOneOf('config.body_schema', 'config.parameter_schema')],
} satisfies PluginSchema<typeof config.fields>;
