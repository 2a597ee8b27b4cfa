/**
 * What takes part. A contestant only describes how it is run; it starts nothing itself, so that its whole
 * configuration can be read, tested and printed.
 */

/** The work a proxy is configured for. */
export interface Workload {
  /** `policies`: key-auth, rate-limiting, correlation-id, prometheus and an access log, where it has them. */
  readonly kind: 'plain' | 'policies' | 'routes';
  /** Number of routes, for `routes`. */
  readonly routes: number;
  readonly workers: number;
}

export const PLAIN: Workload = { kind: 'plain', routes: 1, workers: 1 };
export const POLICIES: Workload = { kind: 'policies', routes: 1, workers: 1 };

export interface Setup {
  readonly workload: Workload;
  /** Where the proxy is to listen, on 127.0.0.1. */
  readonly port: number;
  /** Two more free ports, for a status listener and for a second proxy listener. */
  readonly statusPort: number;
  readonly extraPort: number;
  readonly originPort: number;
  /** A directory of its own; it exists and is the working directory. */
  readonly directory: string;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files to write before the start: name inside `Setup.directory` -> text. */
  readonly files: ReadonlyMap<string, string>;
  /** Answers 200 when the proxy takes requests; absent: the first proxied request tells. */
  readonly ready?: { readonly port: number; readonly path: string };
  /** One line for each request is appended here while the workload is `policies`. */
  readonly accessLog?: string;
  /** The file whose change is a new configuration, taken up on SIGHUP. */
  readonly reloads?: string;
}

export interface Contestant {
  readonly id: string;
  /** True for the compositions of this repository: budgets are judged from them. */
  readonly cardinal: boolean;
  readonly workloads: readonly Workload['kind'][];
  /** Null when it can run here, else the reason in words. */
  missing(): string | null;
  version(): string;
  launch(setup: Setup): Launch;
}
