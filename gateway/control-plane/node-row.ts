/**
 * What is known of one data plane: as it is kept in the store, and as it is shown. Times are milliseconds since the
 * epoch; shown ones are in Unix seconds, as everywhere in the Admin API.
 */
import { isIP } from 'node:net';
import type { DataPlaneRole } from '../../shared/sync/protocol.ts';
import type { SyncStatus } from './compatibility.ts';

export interface NodeReportRow {
  readonly rssBytes: number;
  readonly requestsTotal: number;
  /** Over the time between the last two reports; null after the first one. */
  readonly requestsPerSecond: number | null;
  readonly uptimeSeconds: number;
  readonly at: number;
}

export interface NodeNack {
  readonly generation: number;
  readonly digest: string;
  readonly resource: string;
  readonly error: string;
  readonly at: number;
}

export interface NodeRow {
  readonly id: string;
  readonly role: DataPlaneRole;
  readonly service: string | null;
  readonly calls: readonly string[];
  /** Names it asked for and does not get. */
  readonly refused: readonly string[];
  readonly version: string;
  readonly hostname: string;
  readonly ip: string;
  /** `host:port` of its status listener, as it says. */
  readonly statusAddress: string | null;
  readonly connected: boolean;
  /** Id of the control plane's replica that it is or was connected to. */
  readonly replica: string;
  readonly connectedAt: number;
  readonly lastSeenAt: number;
  /** What it serves; null: nothing that this control plane has sent. */
  readonly generation: number | null;
  readonly digest: string | null;
  readonly configurationHash: string | null;
  readonly syncStatus: SyncStatus;
  readonly syncReason: string;
  /** Since when what it serves is not what it should; null: it is. */
  readonly behindSince: number | null;
  readonly nack: NodeNack | null;
  readonly report: NodeReportRow | null;
  readonly certificateEndsAt: number;
}

const NO_HASH = '0'.repeat(32);

/** A row of `/_cardinal/nodes`. `current`: the newest generation and its hash. */
export function shownNode(
  row: NodeRow,
  current: { readonly generation: number; readonly hash: string },
): Readonly<Record<string, unknown>> {
  const stale = row.connected ? row.behindSince !== null : row.configurationHash !== current.hash;
  return {
    id: row.id,
    role: row.role,
    service: row.service,
    calls: row.calls,
    refused: row.refused,
    version: row.version,
    hostname: row.hostname,
    ip: row.ip,
    status_address: row.statusAddress,
    connected: row.connected,
    replica: row.replica,
    connected_at: seconds(row.connectedAt),
    last_seen: seconds(row.lastSeenAt),
    generation: row.generation,
    digest: row.digest,
    config_hash: row.configurationHash,
    state: stateOf(row, stale),
    sync_status: row.syncStatus,
    sync_reason: row.syncReason === '' ? null : row.syncReason,
    drift: stale
      ? {
          generations: Math.max(1, current.generation - (row.generation ?? 0)),
          since: seconds(row.behindSince ?? row.lastSeenAt),
        }
      : null,
    nack:
      row.nack === null
        ? null
        : {
            generation: row.nack.generation,
            resource: row.nack.resource,
            error: row.nack.error,
            at: seconds(row.nack.at),
          },
    rss_bytes: row.report?.rssBytes ?? null,
    requests_total: row.report?.requestsTotal ?? null,
    requests_per_second: row.report?.requestsPerSecond ?? null,
    uptime_seconds: row.report?.uptimeSeconds ?? null,
    certificate_expires_at: seconds(row.certificateEndsAt),
  };
}

/** A row of Kong's `/clustering/data-planes`. */
export function clusteringRow(row: NodeRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    hostname: row.hostname,
    ip: isIP(row.ip) === 0 ? null : row.ip,
    version: row.version,
    last_seen: seconds(row.lastSeenAt),
    config_hash: row.configurationHash ?? NO_HASH,
    sync_status: row.syncStatus,
    labels: {
      role: row.role,
      ...(row.service === null ? {} : { service: row.service }),
    },
    cert_details: { expiry_timestamp: seconds(row.certificateEndsAt) },
  };
}

function stateOf(row: NodeRow, stale: boolean): string {
  if (!row.connected) return 'disconnected';
  if (row.syncStatus !== 'normal' && row.syncStatus !== 'unknown') return 'incompatible';
  if (row.nack !== null) return 'nacked';
  return stale ? 'updating' : 'current';
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
