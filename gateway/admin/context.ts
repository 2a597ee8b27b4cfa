/** What the Admin API's endpoints work with. */
import type { Settings } from '../../shared/config/settings/settings.ts';
import type { ConfigurationReader } from '../../shared/config/source/reader.ts';
import type { Logger, LogLevel } from '../../shared/observe/logger.ts';
import type { PluginCatalog } from '../../shared/plugins/catalog.ts';
import type { PluginCommand } from '../../shared/proxy/contract.ts';
import type { ManagedConfiguration } from '../configuration/contract.ts';
import type { ConfigurationControl } from '../configuration/control.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { PoolStatus } from '../workers/pool.ts';
import type { AccessControl } from './access/access-control.ts';
import type { ObserveContext } from './observe/context.ts';

export interface AdminContext {
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
  readonly settings: Readonly<Record<string, string>>;
  readonly plugins: PluginCatalog;
  readonly access: Pick<AccessControl, 'middleware' | 'router'>;
  /** What entity endpoints read and change. */
  readonly managed: ManagedConfiguration;
  readonly role: Settings['role'];
  /** Undefined when this gateway has none. */
  readonly controlPlane: ControlPlane | undefined;
  /** Through which `POST /config` goes. */
  readonly control: ConfigurationControl;
  readonly reader: ConfigurationReader;
  /** What is known of the traffic; absent where there is none. */
  readonly observe?: ObserveContext;
  readonly maxBodyBytes: number;
  /** Whether the admin UI is served. */
  readonly ui: boolean;
  /** Size of the shared counter table. */
  readonly counterBytes: number;
  /** Makes the text survive a restart; resolves when it would survive a power cut. */
  readonly store: (text: string) => Promise<void>;
  /** Whether the store of the configuration answers; absent when there is no store. */
  readonly storeReachable?: () => Promise<boolean>;
  /** Fresh numbers of all workers. */
  readonly poolStatus: () => Promise<PoolStatus>;
  readonly workers: WorkerControls;
  /** Everything that is measured, in the Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** The data planes that were seen; absent when this node has no control plane. */
  readonly dataPlanes?: () => Promise<readonly DataPlaneRow[]>;
  /** The level of the process's log when it started. */
  readonly logLevel: LogLevel;
  readonly draining: () => boolean;
  readonly log: Logger;
}

/** What the Admin API tells all workers at once. */
export interface WorkerControls {
  /** Marks addresses of a target by hand; how many were found. `address`: `ip:port`; undefined = all. */
  markTarget(
    upstreamId: string,
    target: string,
    address: string | undefined,
    healthy: boolean,
  ): Promise<number>;
  /** What every instance of a plugin in every worker gave for an operation on what it holds. */
  operatePlugin(command: PluginCommand): Promise<readonly unknown[]>;
  /** For this process and all its workers, those that start later too. */
  setLogLevel(level: LogLevel): Promise<void>;
}

/** A row of `GET /clustering/data-planes`, in Kong's names. */
export type DataPlaneRow = Awaited<ReturnType<ControlPlane['dataPlanes']>>[number];
