/**
 * What a composition hands to the engine when it makes one. The engine is told everything it needs; it
 * reads no environment, no file and no clock of its own choice.
 */
import type { Logger } from '../observe/logger.ts';
import type { MetricsRegistry } from '../observe/metrics.ts';
import type { TrafficObserver } from '../observe/traffic-observer.ts';
import type { AnyPluginDefinition, WindowCounters } from '../plugins/contract.ts';
import type { Engine, ListenerRole } from './contract.ts';
import type { EngineSettings } from './engine-settings.ts';

export interface EngineOptions {
  readonly settings: EngineSettings;
  /** By name. */
  readonly plugins: ReadonlyMap<string, AnyPluginDefinition>;
  /** Shared by all workers of the process. */
  readonly counters: WindowCounters;
  /** This engine's own; the composition adds those of several workers up. */
  readonly metrics: MetricsRegistry;
  /** What watches this engine's traffic; the composition asks it. Absent: it is counted and nobody asks. */
  readonly observer?: TrafficObserver;
  readonly log: Logger;
  /** Milliseconds since the epoch, for what plugins count and expire; default `Date.now`. */
  readonly now?: () => number;
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
  /** The roles of the listeners that will be bound: what of a configuration has to be compiled. */
  readonly roles: readonly ListenerRole[];
  /** This engine does the active health checks; one of a process does. */
  readonly probes: boolean;
  /** To and from the other engines of the process (passive health); absent when there is only one. */
  readonly peers: PeerChannel | undefined;
}

/** Messages between the engines of one process. What is sent must survive `structuredClone`. */
export interface PeerChannel {
  send(topic: string, message: unknown): void;
  /** Messages of the others, never one's own. */
  receive(topic: string, listener: (message: unknown) => void): void;
}

export type CreateEngine = (options: EngineOptions) => Engine;
