/**
 * Who talks to whom: what is wired by the configuration, and what gateway and microgateways have seen of it. Nothing
 * is guessed: an edge with figures was reported by a node that had the requests in its hands.
 */
import type { Configuration, Upstream } from '../../../shared/config/entities.ts';
import { figures, type Window } from '../../../shared/observe/traffic/traffic-document.ts';
import {
  type StoredKey,
  type TrafficStore,
  TrafficSum,
} from '../../../shared/observe/traffic/traffic-store.ts';

type Document = Readonly<Record<string, unknown>>;

export interface TopologyQuery {
  /** Id or name: only what it takes part in. */
  readonly service: string | undefined;
  readonly tag: string | undefined;
  /** Services, edges and targets, each. */
  readonly limit: number;
}

export function topologyDocument(
  configuration: Configuration,
  store: TrafficStore,
  window: Window,
  { service: wanted, tag, limit }: TopologyQuery,
): Document {
  const upstreams = new Map(configuration.upstreams.map((upstream) => [upstream.name, upstream]));
  const routes = new Map<string, number>();
  for (const { service } of configuration.routes)
    if (service !== null) routes.set(service.id, (routes.get(service.id) ?? 0) + 1);
  const services = configuration.services.filter(
    ({ id, name, tags }) =>
      (wanted === undefined || id === wanted || name === wanted) &&
      (tag === undefined || tags?.includes(tag) === true),
  );
  const shown = new Set(services.map(({ id }) => id));
  const narrowed = wanted !== undefined || tag !== undefined;
  const names = new Set(services.flatMap(({ name }) => (name === null ? [] : [name])));

  const edges = rowsOf(store.keys('edge'), window)
    .filter(({ key }) => !narrowed || shown.has(key.serviceId) || names.has(key.caller))
    .map(({ key, sum }) => ({
      direction: key.direction,
      caller: key.caller === '' ? null : key.caller,
      service: { id: key.serviceId, name: key.serviceName },
      ...figures(sum, window.seconds),
    }));

  // An endpoint belongs to the id of an upstream, or to the host of services.
  const groups = new Map<string, { readonly id: string; readonly port: number }[]>();
  for (const { id, host, port } of services) {
    const group = upstreams.get(host)?.id ?? host;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [{ id, port }]);
    else known.push({ id, port });
  }
  const byId = new Map(configuration.upstreams.map((upstream) => [upstream.id, upstream]));
  const targets = rowsOf(store.keys('target'), window)
    .filter(({ key }) => !narrowed || groups.has(key.serviceId))
    .map(({ key, sum }) => ({
      direction: key.direction,
      services: servicesOf(groups.get(key.serviceId) ?? [], byId.has(key.serviceId) ? '' : key.name),
      upstream: upstreamName(byId.get(key.serviceId)),
      address: key.name,
      hostname: key.serviceName,
      ...figures(sum, window.seconds),
    }));

  return {
    window_seconds: window.seconds,
    services: services.slice(0, limit).map(({ id, name, protocol, host, port, enabled }) => ({
      id,
      name,
      enabled,
      url: `${protocol}://${host}:${port}`,
      upstream: upstreamName(upstreams.get(host)),
      routes: routes.get(id) ?? 0,
    })),
    upstreams: wiredUpstreams(configuration, upstreams, services).slice(0, limit),
    edges: edges.slice(0, limit),
    targets: targets.slice(0, limit),
    left_out: {
      services: Math.max(0, services.length - limit),
      edges: Math.max(0, edges.length - limit),
      targets: Math.max(0, targets.length - limit),
    },
  };
}

/**
 * All that use an upstream (no address); of those that share a host the ones with the port of the address, all of
 * them when an SRV record says otherwise.
 */
function servicesOf(
  candidates: readonly { readonly id: string; readonly port: number }[],
  address: string,
): readonly string[] {
  const same = candidates.filter(({ port }) => address.endsWith(`:${port}`));
  return (same.length > 0 ? same : candidates).map(({ id }) => id);
}

function wiredUpstreams(
  { targets }: Configuration,
  upstreams: ReadonlyMap<string, Upstream>,
  services: Configuration['services'],
): readonly Document[] {
  const used = new Set(services.flatMap(({ host }) => upstreams.get(host) ?? []));
  return [...used].map(({ id, name }) => ({
    id,
    name,
    targets: targets
      .filter(({ upstream }) => upstream.id === id)
      .map(({ target, weight }) => ({ target, weight })),
  }));
}

function upstreamName(upstream: Upstream | undefined): Document | null {
  return upstream === undefined ? null : { id: upstream.id, name: upstream.name };
}

/** With traffic in the window; the busiest first. */
function rowsOf(keys: readonly StoredKey[], window: Window): { key: StoredKey; sum: TrafficSum }[] {
  return keys
    .map((key) => {
      const sum = new TrafficSum();
      sum.add(key, window.from, window.to);
      return { key, sum };
    })
    .filter(({ sum }) => sum.requests > 0)
    .sort((a, b) => b.sum.requests - a.sum.requests);
}
