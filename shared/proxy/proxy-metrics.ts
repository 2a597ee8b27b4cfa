/**
 * What the proxy itself counts, whether a plugin asks or not: plain adds on handles that were bound once.
 */
import type { Counter, MetricFamily, Metrics } from '../plugins/contract.ts';

export class ProxyMetrics {
  /** Also kept as numbers, for `/status`. */
  connectionsAccepted = 0;
  connectionsActive = 0;
  requestsTotal = 0;
  requestsActive = 0;
  readonly accepted: Counter;
  readonly requests: Counter;
  private readonly refused: MetricFamily<Counter>;
  private readonly failed: MetricFamily<Counter>;
  private readonly attempts: MetricFamily<Counter>;

  constructor(metrics: Metrics) {
    this.accepted = metrics
      .counter('cardinal_connections_accepted_total', 'Client connections accepted')
      .with();
    this.requests = metrics.counter('cardinal_requests_total', 'Requests whose head was read').with();
    this.refused = metrics.counter(
      'cardinal_messages_refused_total',
      'Requests refused by the parser, by reason; they reach no plugin and no upstream',
      ['reason'],
    );
    this.failed = metrics.counter(
      'cardinal_exchange_errors_total',
      'Exchanges that the gateway ended itself, by code of the error table and by who caused it',
      ['code', 'source'],
    );
    this.attempts = metrics.counter(
      'cardinal_upstream_retries_total',
      'Further attempts after a failed one',
      ['code'],
    );
  }

  countRefused(reason: string): void {
    this.refused.with(reason).add(1);
  }

  countError(code: string, source: string): void {
    this.failed.with(code, source).add(1);
  }

  countRetry(code: string): void {
    this.attempts.with(code).add(1);
  }
}
