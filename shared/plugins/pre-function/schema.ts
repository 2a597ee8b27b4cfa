/** Configuration of pre-function. */
import { PROTOCOLS } from '../../config/schema/protocols.ts';
import type { PluginSchema } from '../contract.ts';
import { config } from '../function-module/function-fields.ts';

export default {
  config,
  protocols: PROTOCOLS,
  noScope: ['consumer'],
} satisfies PluginSchema<typeof config.fields>;
