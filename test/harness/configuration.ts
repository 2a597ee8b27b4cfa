/** Declarative configurations for tests that run whole engines, read as the product reads them. */
import { readDeclarative } from '../../shared/config/declarative/read.ts';
import type { Configuration } from '../../shared/config/entities.ts';
import { pluginRegistry } from '../../shared/config/plugin-registry.ts';
import type { AnyPluginDefinition } from '../../shared/plugins/contract.ts';
import { bundledPluginNames, loadPlugins } from '../../shared/plugins/registry.ts';

/** All bundled plugins with their code, by name. */
export async function bundledPlugins(): Promise<ReadonlyMap<string, AnyPluginDefinition>> {
  const registry = await loadPlugins({ bundled: 'all', paths: [], functionModules: true });
  const plugins = new Map<string, AnyPluginDefinition>();
  for (const name of bundledPluginNames()) plugins.set(name, await registry.definition(name));
  return plugins;
}

/** Throws with the findings when the text is not a valid configuration. */
export async function configurationOf(
  yaml: string,
  plugins: ReadonlyMap<string, AnyPluginDefinition>,
): Promise<Configuration> {
  const registry = pluginRegistry(plugins.values());
  const result = await readDeclarative(yaml, { format: 'yaml', plugins: registry, now: Date.now() });
  if (!result.ok) {
    throw new Error(result.findings.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
  }
  return result.configuration;
}
