/** What the gateway has seen of its routes, services, ... in the last quarter of an hour. */
import { useMemo } from 'react';
import { pathOf } from '../api/endpoints.ts';
import { useApi } from '../api/use-api.ts';

export interface TrafficRow {
  readonly id: string | null;
  readonly name: string | null;
  readonly direction?: string;
  readonly requests: number;
  readonly requests_per_second: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly error_rate: number | null;
  readonly latency_ms: {
    readonly total: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
  };
  /** Unix seconds. */
  readonly last_hit_at?: number | null;
}

const MOST_ROWS = 1000;

/** By id; rows of several directions of one are kept apart by the gateway, and the busiest stands here. */
export function useTraffic(by: 'route' | 'service' | 'consumer'): {
  readonly byId: ReadonlyMap<string, TrafficRow>;
  readonly error: Error | null;
} {
  const { data, error } = useApi<{ readonly data: readonly TrafficRow[] }>(pathOf('stats'), {
    query: { by, window: '15m', limit: MOST_ROWS },
    everyMs: 10_000,
  });
  const byId = useMemo(() => {
    const rows = new Map<string, TrafficRow>();
    for (const row of data?.data ?? []) {
      if (row.id !== null && (rows.get(row.id)?.requests ?? -1) < row.requests) rows.set(row.id, row);
    }
    return rows;
  }, [data]);
  return { byId, error };
}

export function rateText(row: TrafficRow | undefined): string {
  if (row === undefined || row.requests === 0) return '';
  const rate = row.requests_per_second;
  return rate >= 100 ? rate.toFixed(0) : rate >= 1 ? rate.toFixed(1) : rate.toFixed(2);
}

export function percentText(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return '';
  const percent = ratio * 100;
  return `${percent === 0 ? '0' : percent < 1 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

export function msText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  return ms >= 100 ? `${ms.toFixed(0)} ms` : ms >= 1 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

/** How long ago, in words. */
export function agoText(seconds: number | null | undefined, nowMs: number): string {
  if (seconds === null || seconds === undefined) return '';
  const age = Math.max(0, Math.round(nowMs / 1000 - seconds));
  if (age < 60) return `${age} s ago`;
  if (age < 3600) return `${Math.floor(age / 60)} min ago`;
  if (age < 86_400) return `${Math.floor(age / 3600)} h ago`;
  return `${Math.floor(age / 86_400)} d ago`;
}
