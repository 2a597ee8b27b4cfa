/**
 * The engine as the two compositions (gateway, microgateway) see it: one data plane in one thread. It knows
 * configurations and sockets; it knows nothing of files, stores, signals or the control plane.
 */
import type { Configuration } from '../config/entities.ts';
import type { EndpointHealth } from '../upstream/contract.ts';

/** How requests of a listener find their service. */
export type ListenerRole =
  /** All routes of the configuration: the edge gateway. */
  | { readonly kind: 'edge' }
  /** The routes of one service, and calls addressed to it by name; everything goes to `to`. */
  | {
      readonly kind: 'inbound';
      readonly service: string;
      /** Without that service in the configuration nothing matches; otherwise the configuration is refused. */
      readonly mayBeAbsent?: boolean;
      readonly to: { readonly protocol: 'http' | 'https'; readonly host: string; readonly port: number };
    }
  /** Every service by its name (Host or absolute-form), no plugins, with circuit breaking. */
  | { readonly kind: 'outbound'; readonly allowUnknown: boolean };

export interface ListenerSpec {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly tls: boolean;
  /** Several threads bind the same address. */
  readonly reusePort: boolean;
  readonly backlog: number;
  readonly role: ListenerRole;
}

export interface BoundListener {
  readonly spec: ListenerSpec;
  readonly host: string;
  readonly port: number;
}

/** A compiled configuration that has not been put in place yet. */
export interface PreparedConfiguration {
  readonly generation: number;
  readonly hash: string;
  /** Frees what was made for it; for a generation that is not going to be committed. */
  discard(): void;
}

/** An operation on what a plugin holds (`PluginInstance.operate`). */
export interface PluginCommand {
  readonly plugin: string;
  /** Id of the configured plugin; undefined: all of that name. */
  readonly id: string | undefined;
  readonly operation: string;
  readonly key: string | undefined;
}

export interface EngineStatus {
  readonly generation: number;
  readonly hash: string | undefined;
  readonly connectionsActive: number;
  readonly connectionsAccepted: number;
  readonly requestsTotal: number;
  readonly requestsActive: number;
  readonly upstreams: readonly { readonly name: string; readonly health: readonly EndpointHealth[] }[];
}

export interface Engine {
  /**
   * Compiles off the request path, in slices that do not hold the event loop. Rejects with a
   * `CompileError` (its message says which entity and why) and then nothing has changed.
   */
  prepare(configuration: Configuration, generation: number): Promise<PreparedConfiguration>;
  /** Puts a prepared configuration in place for every request that starts from now on. */
  commit(prepared: PreparedConfiguration): void;
  /** Binds all or none. Rejects with the system error (`EADDRINUSE`, ...) and its address. */
  listen(specs: readonly ListenerSpec[]): Promise<readonly BoundListener[]>;
  /**
   * Stops accepting; idle connections are closed, busy ones get `Connection: close`. With `roles`, only the
   * listeners of those kinds and their connections: the others go on serving. Calls with other roles may follow.
   */
  drain(timeoutMs: number, roles?: readonly ListenerRole['kind'][]): Promise<{ readonly cut: number }>;
  /** Ends everything at once. */
  close(): Promise<void>;
  status(): EngineStatus;
  /**
   * Asks the running instances of a plugin (or the one of that entity) for an operation, in this thread alone. Resolves
   * with what each gave; rejects with what one threw.
   */
  operatePlugin(command: PluginCommand): Promise<readonly unknown[]>;
  /**
   * Marks addresses of an upstream's target as healthy or not, in this thread alone: whoever asks, asks every one.
   * `target` as it is stored, `address` `ip:port` (IPv6 in brackets and expanded), all of them when undefined. How
   * many were found: none when the upstream is not in use.
   */
  markTarget(upstreamId: string, target: string, address: string | undefined, healthy: boolean): number;
}
