/** A row of `/_cardinal/nodes`, as far as it is shown. */
import type { Tone } from '../../parts/badge.tsx';

export interface NodeRow {
  readonly id: string;
  readonly role: string;
  readonly service: string | null;
  readonly calls: readonly string[];
  readonly refused: readonly string[];
  readonly version: string;
  readonly hostname: string;
  readonly ip: string;
  readonly connected: boolean;
  readonly last_seen: number;
  readonly generation: number | null;
  readonly config_hash: string | null;
  readonly state: 'current' | 'updating' | 'nacked' | 'incompatible' | 'disconnected';
  readonly sync_reason: string | null;
  readonly drift: { readonly generations: number; readonly since: number } | null;
  readonly nack: { readonly generation: number; readonly resource: string; readonly error: string } | null;
  readonly rss_bytes: number | null;
  readonly requests_per_second: number | null;
  readonly uptime_seconds: number | null;
  readonly certificate_expires_at: number;
}

export const STATE_TONES: Readonly<Record<NodeRow['state'], Tone>> = {
  current: 'good',
  updating: 'accent',
  nacked: 'bad',
  incompatible: 'bad',
  disconnected: 'warn',
};

export function mebibytes(bytes: number | null): string {
  return bytes === null ? '' : `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}

export function durationText(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}
