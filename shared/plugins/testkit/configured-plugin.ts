/** A plugin's configuration as people write it, put through the validation that every configuration gets. */
import { validatePlugin } from '../../config/entities/plugins.ts';
import type { Plugin } from '../../config/entities.ts';
import { pluginRegistry } from '../../config/plugin-registry.ts';
import type { Fields } from '../../config/schema/field.ts';
import type { Problem } from '../../config/schema/problem.ts';
import type { AnyPluginDefinition, PluginDefinition } from '../contract.ts';

/** The plugin entity without an id; it means something only when there are no problems. */
export function configuredPlugin<F extends Fields>(
  definition: Pick<PluginDefinition<F>, 'name' | 'schema'>,
  config: Readonly<Record<string, unknown>>,
): { readonly value: Plugin; readonly problems: readonly Problem[] } {
  const { name } = definition;
  const registry = pluginRegistry([definition as unknown as AnyPluginDefinition]);
  const { value, problems } = validatePlugin({ name, config }, registry);
  return { value: value as unknown as Plugin, problems };
}
