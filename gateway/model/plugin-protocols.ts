/** A plugin that serves none of the protocols of what it is for would never run. Kong's rule. */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { Ref } from '../../shared/config/entities.ts';
import { violation } from './errors.ts';

export interface RouteLookup {
  route(id: string): StoredEntity | undefined;
  /** Ids of the routes of a service. */
  routesOf(service: string): readonly string[];
}

/** Code 2 when plugin and route, or plugin and all routes of its service, have no protocol in common. */
export function requireCommonProtocol(plugin: Readonly<Record<string, unknown>>, lookup: RouteLookup): void {
  const protocols = plugin['protocols'] as readonly string[];
  const shares = (id: string) => {
    const route = lookup.route(id);
    return (
      route === undefined || (route['protocols'] as readonly string[]).some((p) => protocols.includes(p))
    );
  };
  const route = plugin['route'] as Ref | null;
  const service = plugin['service'] as Ref | null;
  if (route !== null) {
    if (!shares(route.id)) throw violation('protocols', "must match the associated route's protocols");
  } else if (service !== null) {
    const routes = lookup.routesOf(service.id);
    if (routes.length > 0 && !routes.some(shares)) {
      throw violation(
        'protocols',
        "must match the protocols of at least one route pointing to this Plugin's service",
      );
    }
  }
}
