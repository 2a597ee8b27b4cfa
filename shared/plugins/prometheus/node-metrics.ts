/**
 * Kong's metrics of a node: connections, requests, timers, health of targets. They belong to no exchange, so whoever
 * serves the scrape writes them just before, if a configured prometheus plugin asks for them.
 */
import type { Plugin } from '../../config/entities.ts';
import type { Gauge, MetricFamily, Metrics } from '../contract.ts';
import { type TargetHealth, UpstreamHealthWriter, wantsUpstreamHealth } from './upstream-health.ts';

/** What a data plane says about itself. */
export interface NodeState {
  readonly connectionsAccepted: number;
  readonly connectionsActive: number;
  readonly requestsTotal: number;
  readonly requestsActive: number;
  readonly upstreams: readonly {
    readonly name: string;
    readonly health: readonly {
      readonly target: string;
      readonly ip: string;
      readonly port: number;
      readonly health: 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR' | 'HEALTHCHECKS_OFF';
    }[];
  }[];
}

const STATES = {
  HEALTHY: 'healthy',
  UNHEALTHY: 'unhealthy',
  DNS_ERROR: 'dns_error',
  HEALTHCHECKS_OFF: 'healthchecks_off',
} as const;

export class NodeMetrics {
  readonly #connections: MetricFamily<Gauge>;
  readonly #requests: MetricFamily<Gauge>;
  readonly #timers: MetricFamily<Gauge>;
  readonly #health: UpstreamHealthWriter;
  readonly #nodeId: string;

  constructor(metrics: Metrics, nodeId: string) {
    this.#nodeId = nodeId;
    this.#connections = metrics.gauge('kong_nginx_connections_total', 'Number of connections by subsystem', [
      'node_id',
      'subsystem',
      'state',
    ]);
    this.#requests = metrics.gauge('kong_nginx_requests_total', 'Number of requests total', [
      'node_id',
      'subsystem',
    ]);
    this.#timers = metrics.gauge('kong_nginx_timers', 'Number of timers', ['state']);
    this.#health = new UpstreamHealthWriter(metrics);
  }

  write(state: NodeState, plugins: readonly Plugin[]): void {
    const { connectionsAccepted: accepted, connectionsActive: active, requestsActive: writing } = state;
    const connections = (name: string, value: number): void =>
      this.#connections.with(this.#nodeId, 'http', name).set(value);
    connections('accepted', accepted);
    connections('handled', accepted);
    connections('total', state.requestsTotal);
    connections('active', active);
    connections('writing', writing);
    connections('waiting', Math.max(0, active - writing));
    this.#requests.with(this.#nodeId, 'http').set(state.requestsTotal);
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    this.#timers.with('pending').set(timers);
    this.#health.write(wantsUpstreamHealth(plugins) ? targets(state) : []);
  }
}

/** True when the configuration has the plugin at all. */
export function wantsNodeMetrics(plugins: readonly Plugin[]): boolean {
  return plugins.some((plugin) => plugin.enabled && plugin.name === 'prometheus');
}

/** Targets of upstreams: a service that names a host has none. */
function* targets({ upstreams }: NodeState): Generator<TargetHealth> {
  for (const { name, health } of upstreams) {
    // `host:port` of a service.
    if (name.includes(':')) continue;
    for (const { target, ip, port, health: verdict } of health) {
      const host = ip.includes(':') ? `[${ip}]` : ip;
      yield { upstream: name, target, address: ip === '' ? '' : `${host}:${port}`, state: STATES[verdict] };
    }
  }
}
