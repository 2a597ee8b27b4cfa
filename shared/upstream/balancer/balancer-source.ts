/**
 * Where a service's requests go, before any address is known: Kong's three cases (an address, an
 * upstream's name, a DNS name).
 */
import type { Service, Target, Upstream } from '../../config/entities.ts';
import { bareHost } from './target-address.ts';

export type BalancerSource =
  | { readonly kind: 'upstream'; readonly upstream: Upstream; readonly targets: readonly Target[] }
  /** `host`: an address (brackets allowed) or a DNS name. */
  | { readonly kind: 'host'; readonly host: string; readonly port: number };

/**
 * `upstreams` by name, `targets` by upstream id. An upstream's name wins over DNS, an address over both.
 * Services with an equal `balancerSourceKey` can share one balancer.
 */
export function balancerSource(
  service: Pick<Service, 'host' | 'port'>,
  upstreams: ReadonlyMap<string, Upstream>,
  targets: ReadonlyMap<string, readonly Target[]>,
): BalancerSource {
  const upstream = upstreams.get(service.host);
  if (upstream === undefined) return { kind: 'host', host: service.host, port: service.port };
  return { kind: 'upstream', upstream, targets: targets.get(upstream.id) ?? [] };
}

/** The id of the endpoint group: the upstream's id, else `host:port`. */
export function balancerSourceKey(source: BalancerSource): string {
  return source.kind === 'upstream' ? source.upstream.id : `${bareHost(source.host)}:${source.port}`;
}
