/** The control plane of a gateway that has one: its parts put together from what the process knows. */
import { entityIndex } from '../shared/config/entities/index.ts';
import { pluginRegistry } from '../shared/config/plugin-registry.ts';
import type { ResolvedSettings } from '../shared/config/settings/resolve.ts';
import type { Settings } from '../shared/config/settings/settings.ts';
import type { Logger } from '../shared/observe/logger.ts';
import type { PluginCatalog } from '../shared/plugins/catalog.ts';
import type { Metrics } from '../shared/plugins/contract.ts';
import { failedAddress, listenFailure } from '../shared/process/listen-failure.ts';
import type { ManagedConfiguration } from './configuration/contract.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane/control-plane.ts';
import type { Store } from './store/contract.ts';

export interface OpenControlPlaneOptions {
  readonly settings: Settings;
  readonly resolved: ResolvedSettings;
  readonly store: Store;
  readonly managed: ManagedConfiguration;
  readonly catalog: PluginCatalog;
  readonly node: { readonly id: string; readonly version: string };
  readonly onTraffic: ControlPlaneOptions['onTraffic'] & {};
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Undefined for a data plane, and when it is switched off. Rejects with a CliError. */
export async function openControlPlane(options: OpenControlPlaneOptions): Promise<ControlPlane | undefined> {
  const { settings, resolved, store, managed, catalog, node, onTraffic, log, metrics } = options;
  const listen = settings.cluster_listen;
  if (settings.role === 'data_plane' || listen.length === 0) return undefined;
  const plugins = new Map<string, string>();
  for (const { name } of catalog.schemas) plugins.set(name, await catalog.version(name));
  const { startControlPlane } = await import('./control-plane/control-plane.ts');
  try {
    return await startControlPlane({
      listen,
      store,
      source: managed,
      definitions: entityIndex(pluginRegistry(catalog.schemas)),
      plugins,
      node,
      onTraffic,
      log,
      metrics,
    });
  } catch (error) {
    throw await listenFailure(error, failedAddress(error, listen), 'cluster_listen', resolved);
  }
}
