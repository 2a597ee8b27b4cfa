/** `GET /status` and the status listener's `/status`: Kong's numbers under Kong's names, and ours. */
import type { PoolStatus } from '../../workers/pool.ts';

const UNITS: Readonly<Record<string, { readonly factor: number; readonly name: string }>> = {
  k: { factor: 1024, name: 'KiB' },
  m: { factor: 1024 ** 2, name: 'MiB' },
  g: { factor: 1024 ** 3, name: 'GiB' },
};

export type MemoryFormat = (bytes: number) => number | string;

/** Kong's `unit` and `scale` arguments; a string is what is wrong with them. */
export function memoryFormat(unit: string | undefined, scale: string | undefined): MemoryFormat | string {
  const wanted = (unit ?? 'm').toLowerCase();
  if (wanted === 'b') return (bytes) => bytes;
  const known = Object.hasOwn(UNITS, wanted) ? UNITS[wanted] : undefined;
  if (known === undefined) return `invalid unit '${unit}' (expected 'k/K', 'm/M', or 'g/G')`;
  const digits = scale === undefined ? 2 : Number(scale);
  if (!Number.isInteger(digits) || digits < 0 || digits > 20)
    return `invalid scale '${scale}' (expected a whole number)`;
  return (bytes) => `${(bytes / known.factor).toFixed(digits)} ${known.name}`;
}

/** `counterBytes`: size of the shared counter table. */
export function nodeStatus(
  status: PoolStatus,
  configurationHash: string,
  counterBytes: number,
  memory: MemoryFormat,
): Readonly<Record<string, unknown>> {
  return {
    memory: {
      workers_lua_vms: status.workers.map((worker) => ({
        pid: process.pid,
        http_allocated_gc: memory(worker.heapUsedBytes),
      })),
      lua_shared_dicts: {
        cardinal_counters: { capacity: memory(counterBytes), allocated_slabs: memory(counterBytes) },
      },
    },
    server: {
      connections_active: status.connectionsActive,
      connections_reading: 0,
      connections_writing: status.requestsActive,
      connections_waiting: Math.max(0, status.connectionsActive - status.requestsActive),
      connections_accepted: status.connectionsAccepted,
      connections_handled: status.connectionsAccepted,
      total_requests: status.requestsTotal,
    },
    configuration_hash: configurationHash,
  };
}
