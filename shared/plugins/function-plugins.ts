/**
 * Plugins that run code which a configuration names. Unless the setting `function_modules` allows them, their
 * configurations are refused when they are read, and none of them can be started however it got here.
 */
import { customCheck } from '../config/schema/checks.ts';
import type { AnyPluginDefinition, PluginSchema } from './contract.ts';

const NAMES: ReadonlySet<string> = new Set(['pre-function', 'post-function']);
const MESSAGE =
  'running modules is switched off; the setting function_modules (CARDINAL_FUNCTION_MODULES=on) allows it, to everybody who may write the configuration';

const refusal = customCheck(['config.module'], (_, report) => report('config.module', MESSAGE));

/** The schema as it is in force. */
export function functionSchema(name: string, schema: PluginSchema, allowed: boolean): PluginSchema {
  if (allowed || !NAMES.has(name)) return schema;
  return { ...schema, checks: [...(schema.checks ?? []), refusal] };
}

/** The definition as it may be used. */
export function functionDefinition(definition: AnyPluginDefinition, allowed: boolean): AnyPluginDefinition {
  if (allowed || !NAMES.has(definition.name)) return definition;
  return {
    ...definition,
    create() {
      throw new Error(MESSAGE);
    },
  };
}
