/** What the endpoints about traffic work with. They keep nothing of their own. */
import type { TrafficStore } from '../../../shared/observe/traffic/traffic-store.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';
import type { ManagedConfiguration } from '../../configuration/contract.ts';
import type { WorkerPool } from '../../workers/pool.ts';

export interface ObserveContext {
  readonly node: { readonly id: string; readonly hostname: string };
  /** Of this gateway's workers, and of the data planes that are connected to it. */
  readonly traffic: TrafficStore;
  readonly pool: Pick<WorkerPool, 'openTap' | 'request' | 'requests' | 'refresh'>;
  /** The setting `tap`. */
  readonly tapEnabled: boolean;
  readonly managed: Pick<ManagedConfiguration, 'served' | 'view'>;
  readonly plugins: PluginCatalog;
  /** Rows of `/_cardinal/nodes`; absent where there is no control plane. */
  readonly nodes?: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
