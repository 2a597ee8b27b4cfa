/** What an agent counts. Gauges are brought up to date when they are read. */
import type { Counter, Gauge, Metrics } from '../../plugins/contract.ts';

export interface SyncMetrics {
  readonly connected: Gauge;
  readonly generation: Gauge;
  readonly contactAgeSeconds: Gauge;
  readonly certificateSeconds: Gauge;
  readonly reconnects: Counter;
  readonly failures: Counter;
  readonly nacks: Counter;
  readonly diskFallbacks: Counter;
  readonly diskFailures: Counter;
}

export function syncMetrics(metrics: Metrics): SyncMetrics {
  const gauge = (name: string, help: string) => metrics.gauge(`cardinal_sync_${name}`, help).with();
  const counter = (name: string, help: string) => metrics.counter(`cardinal_sync_${name}_total`, help).with();
  return {
    connected: gauge('connected', 'Whether there is a connection to the control plane (1 or 0).'),
    generation: gauge('generation', 'Number of the generation of the control plane that is served.'),
    contactAgeSeconds: gauge(
      'last_contact_age_seconds',
      'Seconds since something was last heard from the control plane, -1: never.',
    ),
    certificateSeconds: gauge(
      'certificate_expiry_seconds',
      'Seconds until the certificate for the control plane ends, 0: there is none.',
    ),
    reconnects: counter('reconnects', 'Connections to the control plane after the first one.'),
    failures: counter('connect_failures', 'Attempts to connect to the control plane that failed.'),
    nacks: counter('nacks', 'Generations that were refused.'),
    diskFallbacks: counter('disk_fallbacks', 'Generations on disk that could not be used.'),
    diskFailures: counter('disk_failures', 'Generations that could not be written to the disk.'),
  };
}
