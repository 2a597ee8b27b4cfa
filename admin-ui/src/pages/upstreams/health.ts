/** The health of an upstream's targets, as this node sees it. */
import type { Entity, Page } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useApi } from '../../api/use-api.ts';
import type { Tone } from '../../parts/badge.tsx';

export type Health = 'HEALTHY' | 'UNHEALTHY' | 'HEALTHCHECKS_OFF' | 'DNS_ERROR';

export interface TargetHealth extends Entity {
  readonly health: Health;
  readonly data: {
    readonly host: string;
    readonly port: number;
    readonly nodeWeight: number;
    readonly weight: { readonly total: number; readonly available: number; readonly unavailable: number };
    readonly addresses: readonly {
      readonly ip: string;
      readonly port: number;
      readonly weight: number;
      readonly health: Health;
    }[];
  };
}

export function useHealth(upstreamId: string) {
  return useApi<Page<TargetHealth>>(pathOf('upstreamHealth', upstreamId), {
    query: { size: 1000 },
    everyMs: 5_000,
  });
}

export const HEALTH_WORDS: Readonly<Record<Health, readonly [Tone, string]>> = {
  HEALTHY: ['good', 'Healthy'],
  UNHEALTHY: ['bad', 'Unhealthy'],
  HEALTHCHECKS_OFF: ['quiet', 'Not checked'],
  DNS_ERROR: ['bad', 'No address'],
};
