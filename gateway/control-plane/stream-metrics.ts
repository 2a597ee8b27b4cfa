/** What the control plane counts. Handles are made once. */
import type { Counter, Gauge, MetricFamily, Metrics } from '../../shared/plugins/contract.ts';
import type { DataPlaneRole } from '../../shared/sync/protocol.ts';

export interface ControlPlaneMetrics {
  /** By role: nodes that are connected to this replica. */
  readonly nodes: Readonly<Record<DataPlaneRole, Gauge>>;
  /** By result: `accepted`, `queue_full`. */
  readonly connections: MetricFamily<Counter>;
  /** By result: `issued`, `refused`, `throttled`, `malformed`, `unavailable`. */
  readonly joins: MetricFamily<Counter>;
  readonly renewals: MetricFamily<Counter>;
  /** By result: `accepted`, `refused`. */
  readonly streams: MetricFamily<Counter>;
  /** By kind: `snapshot`, `delta`, `current`. */
  readonly generations: MetricFamily<Counter>;
  /** By answer: `ack`, `nack`. */
  readonly answers: MetricFamily<Counter>;
  readonly sentBytes: Counter;
}

export function controlPlaneMetrics(metrics: Metrics): ControlPlaneMetrics {
  const name = (rest: string): string => `cardinal_control_plane_${rest}`;
  const nodes = metrics.gauge(name('nodes'), 'Data planes that are connected to this replica', ['role']);
  return {
    nodes: { microgateway: nodes.with('microgateway'), gateway: nodes.with('gateway') },
    connections: metrics.counter(name('connections_total'), 'Connections to the listener', ['result']),
    joins: metrics.counter(name('joins_total'), 'Requests to join', ['result']),
    renewals: metrics.counter(name('renewals_total'), 'Requests for another certificate', ['result']),
    streams: metrics.counter(name('streams_total'), 'Requests for a stream', ['result']),
    generations: metrics.counter(name('generations_sent_total'), 'Generations sent to data planes', ['kind']),
    answers: metrics.counter(name('answers_total'), 'Answers of data planes to generations', ['answer']),
    sentBytes: metrics.counter(name('sent_bytes_total'), 'Octets of frames sent to data planes').with(),
  };
}
