/** What the Admin API's endpoints work with. */
import type { ConfigurationReader } from '../../shared/config/source/reader.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import type { PluginCatalog } from '../../shared/plugins/catalog.ts';
import type { ManagedConfiguration } from '../configuration/contract.ts';
import type { ConfigurationControl } from '../configuration/control.ts';
import type { PoolStatus } from '../workers/pool.ts';
import type { AccessControl } from './access/access-control.ts';
import type { ObserveContext } from './observe/context.ts';

export interface AdminContext {
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
  readonly settings: Readonly<Record<string, string>>;
  readonly plugins: PluginCatalog;
  readonly access: Pick<AccessControl, 'middleware' | 'router'>;
  readonly control: ConfigurationControl;
  readonly managed: ManagedConfiguration;
  readonly reader: ConfigurationReader;
  readonly observe: ObserveContext;
  readonly maxBodyBytes: number;
  /** Size of the shared counter table. */
  readonly counterBytes: number;
  /** Makes the text survive a restart; resolves when it would survive a power cut. */
  readonly store: (text: string) => Promise<void>;
  /** Fresh numbers of all workers. */
  readonly poolStatus: () => Promise<PoolStatus>;
  readonly draining: () => boolean;
  readonly log: Logger;
}
