/** Requests as filters judge them: one that has just ended, and one that was kept. */
import type { ObservedExchange } from '../requests/observed-exchange.ts';
import type { RequestRow } from '../requests/request-record.ts';
import type { FilterSubject } from './filter.ts';

/** Reads from the exchange it is given, whatever a filter asks for and no more. One serves a whole engine. */
export class ExchangeSubject implements FilterSubject {
  exchange: ObservedExchange | undefined = undefined;

  get status(): number {
    return this.exchange!.response.status;
  }
  get ms(): number {
    return this.exchange!.totalMs;
  }
  get method(): string {
    return this.exchange!.request.method;
  }
  get host(): string {
    return this.exchange!.request.host;
  }
  get path(): string {
    return this.exchange!.request.path;
  }
  get ip(): string {
    return this.exchange!.client.ip;
  }
  get routeId(): string {
    return this.exchange!.route?.id ?? '';
  }
  get routeName(): string {
    return this.exchange!.route?.name ?? '';
  }
  get serviceId(): string {
    return this.exchange!.service?.id ?? '';
  }
  get serviceName(): string {
    return this.exchange!.service?.name ?? '';
  }
  get consumerId(): string {
    return this.exchange!.consumer?.id ?? '';
  }
  get consumerName(): string {
    const consumer = this.exchange!.consumer;
    return consumer?.username ?? consumer?.custom_id ?? '';
  }
  get plugin(): string {
    return this.exchange!.endedBy ?? '';
  }
}

export function rowSubject(row: RequestRow): FilterSubject {
  const query = row.path.indexOf('?');
  return {
    status: row.status,
    ms: row.total_ms,
    method: row.method,
    host: row.host.replace(/:[0-9]+$/, ''),
    path: query < 0 ? row.path : row.path.slice(0, query),
    ip: row.ip,
    routeId: row.route?.id ?? '',
    routeName: row.route?.name ?? '',
    serviceId: row.service?.id ?? '',
    serviceName: row.service?.name ?? '',
    consumerId: row.consumer?.id ?? '',
    consumerName: row.consumer?.name ?? '',
    plugin: row.ended_by ?? '',
  };
}
