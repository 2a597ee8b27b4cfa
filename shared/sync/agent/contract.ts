/**
 * The agent as the compositions see it: it gets configurations from a control plane, keeps the last good ones on
 * disk, and has them put in place. It never takes part in a request; when the control plane is away the node serves
 * what it has.
 */
import type { Configuration } from '../../config/entities.ts';
import type { PluginRegistry } from '../../config/plugin-registry.ts';
import type { Logger } from '../../observe/logger.ts';
import type { Metrics } from '../../plugins/contract.ts';
import type { Clock } from '../../upstream/clock.ts';
import type { NodeReport, Subscription } from '../protocol.ts';
import type { GenerationStore } from './generation-store.ts';
import type { IdentityStore, NodeName } from './identity-store.ts';
import type { SyncStatus } from './sync-status.ts';

export interface AgentClock extends Clock {
  /** Milliseconds since the epoch: what certificates and freshness are measured in. */
  wallNow(): number;
}

/** What becomes of credentials that have not been confirmed for a while. */
export interface StalenessPolicy {
  readonly credentialsAfterMs: number;
  readonly credentials: 'serve' | 'deny';
}

export interface AgentOptions {
  /** `https://HOST:PORT` */
  readonly url: string;
  /** Empty when there is none: then the node needs an identity on disk. */
  readonly token: string;
  readonly name: NodeName;
  readonly subscription: Subscription;
  readonly version: string;
  readonly hostname: string;
  /** Schemas of the plugins that may be configured here: what entities are validated against. */
  readonly plugins: PluginRegistry;
  /** Names and versions of those plugins. */
  readonly pluginVersions: () => Promise<Readonly<Record<string, string>>>;
  /** `host:port` where others reach the status listener. */
  readonly statusAddress: () => string | null;
  readonly identityStore: IdentityStore;
  readonly generationStore: GenerationStore;
  /** Puts it in place; rejects when it cannot be, with nothing changed. */
  readonly apply: (configuration: Configuration) => Promise<void>;
  /** What this node is and has counted since the last call. */
  readonly report: () => Pick<NodeReport, 'rssBytes' | 'requestsTotal' | 'uptimeSeconds' | 'traffic'>;
  readonly staleness: StalenessPolicy;
  /** Most bytes of entities that are taken. */
  readonly budgetBytes: number;
  readonly clock: AgentClock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A configuration that was given to the node itself, for when there is nothing on disk. */
export interface Bundle {
  readonly configuration: Configuration;
  /** Milliseconds since the epoch: from when it is. */
  readonly asOf: number;
}

export interface Agent {
  /**
   * Puts the newest good generation from the disk in place, else the bundle. Resolves with false when there is
   * neither: the node serves nothing until the control plane answers. Rejects with a NoIdentityError when that can
   * never happen.
   */
  restore(bundle: () => Promise<Bundle | undefined>): Promise<boolean>;
  /** Connects, and keeps connecting. Loads what TLS needs; call it when the node serves. */
  connect(): void;
  /** Does not wait for the next attempt; a connection that stands is made anew. */
  reconnect(): void;
  /** Why nothing can be served; undefined when something is. */
  nothingToServe(): string | undefined;
  status(): SyncStatus;
  /** Brings the gauges up to date; call it before they are read. */
  observe(): void;
  close(): Promise<void>;
}

/** There is no certificate and no token to get one with. */
export class NoIdentityError extends Error {
  constructor(folder: string) {
    super(`there is no join token, and no identity in ${folder}`);
    this.name = 'NoIdentityError';
  }
}
