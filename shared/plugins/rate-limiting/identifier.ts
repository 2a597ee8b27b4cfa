/** By what requests are counted (Kong 6.5): whatever a request does not have is replaced by its client address. */
import { clientNetwork } from '../../config/schema/ip-address.ts';
import type { Exchange } from '../contract.ts';

export interface IdentifierOptions {
  readonly limitBy: 'consumer' | 'credential' | 'ip' | 'service' | 'header' | 'path';
  readonly headerName: string | null;
  readonly path: string | null;
}

export function identify(exchange: Exchange, options: IdentifierOptions): string {
  let identifier: string | undefined;
  switch (options.limitBy) {
    case 'consumer':
      identifier = exchange.consumer?.id ?? exchange.credential?.id;
      break;
    case 'credential':
      identifier = exchange.credential?.id;
      break;
    case 'service':
      identifier = exchange.service?.id;
      break;
    case 'header':
      identifier = exchange.request.headers.get(options.headerName!);
      break;
    case 'path':
      if (exchange.request.path === options.path) identifier = options.path;
      break;
  }
  return identifier ?? clientNetwork(exchange.client.ip);
}
