/**
 * What the supervisor and its worker threads say to each other. Everything here goes through
 * `structuredClone`: plain data only.
 */
import type { EntityUpdate } from '../../shared/config/change.ts';
import type { LogLevel } from '../../shared/observe/logger.ts';
import type { MetricsSnapshot } from '../../shared/observe/metrics.ts';
import type { WatchOptions } from '../../shared/observe/request-watch.ts';
import type { KeptBecause } from '../../shared/observe/requests/request-record.ts';
import type { FilterTerm } from '../../shared/observe/tap/filter.ts';
import type { TapBatch, TapOptions } from '../../shared/observe/tap/tap.ts';
import type { TrafficReport } from '../../shared/observe/traffic/traffic-report.ts';
import type { EngineStatus, ListenerSpec, PluginCommand } from '../../shared/proxy/contract.ts';
import type { EngineSettings } from '../../shared/proxy/engine-settings.ts';

/** Given to a worker when it starts. */
export interface WorkerData {
  readonly slot: number;
  /** URL of the module that exports `createEngine`. */
  readonly engineModule: string;
  readonly settings: EngineSettings;
  readonly plugins: readonly string[];
  readonly pluginPaths: readonly string[];
  readonly functionModules: boolean;
  /** Of the counter table. */
  readonly counters: SharedArrayBuffer;
  readonly node: { readonly id: string; readonly hostname: string; readonly version: string };
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'pretty' };
  readonly peerChannel: string;
  readonly observe: Omit<WatchOptions, 'random'>;
}

/**
 * A configuration on its way to a worker: what changed since a generation that the worker serves, or the parts
 * that were sent before under this number.
 */
export type ConfigurationDelivery =
  | {
      readonly kind: 'change';
      readonly base: number;
      readonly updates: readonly EntityUpdate[];
      readonly hash: string;
    }
  | { readonly kind: 'parts'; readonly transfer: number; readonly hash: string };

export type WorkerCommand =
  | {
      readonly type: 'part';
      readonly transfer: number;
      readonly collection: string;
      readonly entities: readonly { readonly id: string }[];
    }
  | { readonly type: 'prepare'; readonly generation: number; readonly configuration: ConfigurationDelivery }
  | { readonly type: 'commit'; readonly generation: number }
  | { readonly type: 'discard'; readonly generation: number }
  | { readonly type: 'listen'; readonly specs: readonly ListenerSpec[] }
  | { readonly type: 'report' }
  | { readonly type: 'open-tap'; readonly tap: number; readonly options: TapOptions }
  | { readonly type: 'close-tap'; readonly tap: number }
  | { readonly type: 'tap-taken'; readonly tap: number }
  /** The JSON of one kept request; undefined when it is not here. */
  | { readonly type: 'request'; readonly requestId: string }
  | { readonly type: 'requests'; readonly query: KeptQuery }
  | {
      readonly type: 'mark-target';
      readonly upstreamId: string;
      readonly target: string;
      readonly address: string | undefined;
      readonly healthy: boolean;
    }
  | { readonly type: 'log-level'; readonly level: LogLevel }
  | { readonly type: 'operate-plugin'; readonly command: PluginCommand }
  | { readonly type: 'drain'; readonly timeoutMs: number }
  | { readonly type: 'close' };

export interface WorkerRequest {
  readonly id: number;
  readonly command: WorkerCommand;
}

/** Which of the kept requests. */
export interface KeptQuery {
  readonly terms: readonly FilterTerm[];
  /** Kept for that reason; undefined: for any. */
  readonly because: KeptBecause | undefined;
  /** Not newer than that; Unix seconds. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** A worker's numbers, sent every second and when asked. */
export interface WorkerReport {
  readonly metrics: MetricsSnapshot;
  readonly status: EngineStatus;
  readonly heapUsedBytes: number;
  /** Since the report before. */
  readonly traffic: TrafficReport;
}

export type WorkerMessage =
  | { readonly type: 'started' }
  | { readonly type: 'report'; readonly report: WorkerReport }
  | { readonly type: 'tapped'; readonly tap: number; readonly batch: TapBatch }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError };

/** An error on its way between threads: class and fields that the other side shows or decides by. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined };
  const code = (error as NodeJS.ErrnoException).code;
  return { name: error.name, message: error.message, code: typeof code === 'string' ? code : undefined };
}

export function fromWire(wire: WireError): Error {
  const error: NodeJS.ErrnoException = new Error(wire.message);
  error.name = wire.name;
  if (wire.code !== undefined) error.code = wire.code;
  return error;
}
