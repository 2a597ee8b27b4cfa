/** Which routes of a configuration are served at all, in the form in which the router wants them. */
import type { Configuration, Route, Service } from '../entities.ts';

export interface ServedRoute {
  /** As configured. */
  readonly route: Route;
  /** For the router. */
  readonly routed: Route;
  readonly service: Service | undefined;
}

/** Those of `fronted` alone when it is given. */
export function* servedRoutes(configuration: Configuration, fronted?: Service): Generator<ServedRoute> {
  const byId = new Map(configuration.services.map((service) => [service.id, service]));
  for (const route of configuration.routes) {
    const service = route.service === null ? undefined : byId.get(route.service.id);
    if (fronted !== undefined && service?.id !== fronted.id) continue;
    // A disabled service takes its routes with it: 404, not 503 (Kong).
    if (service !== undefined && !service.enabled) continue;
    yield { route, routed: lowerHosts(route), service };
  }
}

/** Host names do not differ by case (RFC 9110 4.2.3); requests arrive in lower case. */
function lowerHosts(route: Route): Route {
  if (route.hosts === null || !route.hosts.some((host) => /[A-Z]/.test(host))) return route;
  return { ...route, hosts: route.hosts.map((host) => host.toLowerCase()) };
}
