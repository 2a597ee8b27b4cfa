/** What the two processes of the control plane's benchmark say to each other. */
export type Ask = 'change-one' | 'change-all' | 'restart' | 'facts';

export interface Facts {
  readonly rssBytes: number;
  /** Greatest that was sampled. */
  readonly peakRssBytes: number;
  readonly cpuSeconds: number;
  readonly connected: number;
  /** Most connections that entered within a second since it was asked before. */
  readonly peakConnectionsPerSecond: number;
}

export type Told =
  | { readonly port: number; readonly token: string; readonly calls: number }
  | { readonly generation: number }
  | { readonly restarted: true }
  | { readonly facts: Facts };

/** Services that each node calls. */
export const CALLS = 5;
