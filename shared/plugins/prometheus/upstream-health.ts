/**
 * `kong_upstream_target_health`: health belongs to the balancers, not to an exchange, so whoever serves
 * the scrape writes it just before, if any configured prometheus plugin asks for it.
 */
import type { Plugin } from '../../config/entities.ts';
import type { Gauge, MetricFamily, Metrics } from '../contract.ts';

export const TARGET_STATES = ['healthchecks_off', 'healthy', 'unhealthy', 'dns_error'] as const;

export interface TargetHealth {
  readonly upstream: string;
  /** `host:port` as configured. */
  readonly target: string;
  /** `ip:port`; empty when the name did not resolve. */
  readonly address: string;
  readonly state: (typeof TARGET_STATES)[number];
}

export function wantsUpstreamHealth(plugins: readonly Plugin[]): boolean {
  return plugins.some(
    (plugin) =>
      plugin.enabled && plugin.name === 'prometheus' && plugin.config['upstream_health_metrics'] === true,
  );
}

export class UpstreamHealthWriter {
  readonly #family: MetricFamily<Gauge>;
  #written = new Set<Gauge>();

  constructor(metrics: Metrics) {
    this.#family = metrics.gauge(
      'kong_upstream_target_health',
      'Health status of targets of upstream. States = healthchecks_off|healthy|unhealthy|dns_error, value is 1 when state is populated.',
      ['upstream', 'target', 'address', 'state', 'subsystem'],
      'max',
    );
  }

  /** The state of all targets now. Those of an earlier call that are gone become 0. */
  write(targets: Iterable<TargetHealth>): void {
    const before = this.#written;
    const now = new Set<Gauge>();
    for (const { upstream, target, address, state } of targets) {
      for (const known of TARGET_STATES) {
        const gauge = this.#family.with(upstream, target, address, known, 'http');
        gauge.set(known === state ? 1 : 0);
        now.add(gauge);
      }
    }
    for (const gauge of before) if (!now.has(gauge)) gauge.set(0);
    this.#written = now;
  }
}
