/** What the Admin API's endpoints work with. */
import type { ConfigurationReader } from '../../shared/config/source/reader.ts';
import type { Logger } from '../../shared/observe/logger.ts';
import type { PluginCatalog } from '../../shared/plugins/catalog.ts';
import type { ConfigurationControl } from '../configuration/control.ts';
import type { PoolStatus } from '../workers/pool.ts';

export interface AdminContext {
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
  readonly settings: Readonly<Record<string, string>>;
  readonly plugins: PluginCatalog;
  readonly control: ConfigurationControl;
  readonly reader: ConfigurationReader;
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
