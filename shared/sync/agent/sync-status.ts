/** What `GET /status/sync` shows. Holds no secret. */
import type { StalenessClasses } from './staleness.ts';

export interface SyncStatus {
  readonly controlPlane: string;
  readonly node: string;
  readonly connected: boolean;
  /** Since when it is connected, or not; ISO 8601, as all times here. */
  readonly since: string;
  readonly lastError: { readonly message: string; readonly at: string } | null;
  /** Of the control plane; null: nothing of it is served. */
  readonly generation: number | null;
  readonly digest: string | null;
  /** The control plane's hash of the whole configuration. */
  readonly hash: string | null;
  readonly source: 'live' | 'disk' | 'bundle' | 'none';
  /** Not known to be the current one at this moment. */
  readonly stale: boolean;
  /** Since it was last known to be the current one; null: never. */
  readonly ageSeconds: number | null;
  readonly nackedGeneration: {
    readonly generation: number;
    readonly resource: string;
    readonly error: string;
    readonly at: string;
  } | null;
  /** Names in `calls` that the control plane does not send: not allowed, or not there. */
  readonly refusedCalls: readonly string[];
  readonly perClass: StalenessClasses;
  /** Null: without a bound. */
  readonly canRunOfflineUntil: string | null;
}
