/**
 * What balancing may look at, made only when an exchange needs an endpoint. Look-ups are done on demand:
 * only consistent hashing asks.
 */
import type { BalancerRequest, Endpoint } from '../upstream/contract.ts';
import type { Exchange } from './exchange.ts';

export class ExchangeBalancerRequest implements BalancerRequest {
  readonly tried: Endpoint[] = [];
  issuedCookie: string | undefined = undefined;
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get clientIp(): string {
    return this.exchange.client.ip;
  }

  get path(): string {
    return this.exchange.request.path;
  }

  get consumerId(): string | undefined {
    return this.exchange.consumer?.id ?? this.exchange.credential?.id;
  }

  header(name: string): string | undefined {
    const values = this.exchange.request.headers.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  cookie(name: string): string | undefined {
    for (const line of this.exchange.request.headers.getAll('cookie')) {
      for (const pair of line.split(';')) {
        const equals = pair.indexOf('=');
        if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
      }
    }
    return undefined;
  }

  queryArg(name: string): string | undefined {
    const values = this.exchange.request.queryArgs(name);
    if (values.length === 0) return undefined;
    // Kong: several are sorted and joined, a valueless one is `true`.
    return values
      .map((value) => (value === '' ? 'true' : value))
      .sort()
      .join(',');
  }

  capture(name: string): string | undefined {
    return this.exchange.captures?.[name];
  }
}
