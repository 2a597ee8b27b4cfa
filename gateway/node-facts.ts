/** What the status listener tells of a gateway: whether traffic should be sent here, and its numbers. */
import type { NotReady } from '../shared/observe/status-server.ts';
import { nodeStatus } from './admin/node/node-status.ts';
import type { ConfigurationControl } from './configuration/control.ts';
import type { PoolStatus, WorkerPool } from './workers/pool.ts';

/** Where the process stands. */
export interface Lifecycle {
  serving: boolean;
  draining: boolean;
}

/** `nothingToServe`: why a data plane has no configuration. */
export function notReady(
  lifecycle: Lifecycle,
  pool: Pick<WorkerPool, 'listening'>,
  nothingToServe: string | undefined,
): readonly NotReady[] {
  if (lifecycle.draining) return [{ reason: 'draining', message: 'draining' }];
  if (!lifecycle.serving)
    return [{ reason: 'starting', message: 'no configuration available (the workers are starting)' }];
  if (nothingToServe !== undefined) return [{ reason: 'no_configuration', message: nothingToServe }];
  if (pool.listening === 0) return [{ reason: 'no_worker', message: 'no worker takes connections' }];
  return [];
}

export interface NodeNames {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
}

export function statusDocument(
  now: PoolStatus,
  control: Pick<ConfigurationControl, 'current'>,
  node: NodeNames,
  counterBytes: number,
): Readonly<Record<string, unknown>> {
  return {
    ...nodeStatus(now, control.current.hash, counterBytes, (bytes) => bytes),
    node_id: node.id,
    hostname: node.hostname,
    version: node.version,
    role: 'gateway',
    uptime_seconds: Math.round(process.uptime()),
    generation: now.generation,
    worker_restarts: now.restarts,
    workers: now.workers,
    requests_active: now.requestsActive,
    upstreams: now.upstreams,
  };
}
