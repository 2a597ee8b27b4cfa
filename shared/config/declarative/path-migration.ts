/**
 * Format versions 1.1 and 2.1 did not mark regular expressions among the paths of routes. Before anything is
 * validated, those documents get the marks; nothing else differs between the versions.
 */
import { decodeUnreserved, normalisePath } from '../schema/path.ts';
import { isRecord } from '../schema/validate.ts';

/** A path of an old document as version 3.0 writes it. */
export function migratePath(path: string): string {
  return /^[A-Za-z0-9._~/%-]*$/.test(path) ? normalisePath(path) : `~${decodeUnreserved(path)}`;
}

/** The document with migrated paths; what is unchanged is shared with the argument. */
export function migrateDocument(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = Object.assign(Object.create(null), document);
  if (Array.isArray(result['routes'])) result['routes'] = result['routes'].map(migrateRoute);
  if (Array.isArray(result['services'])) {
    result['services'] = result['services'].map((service: unknown) => {
      if (!isRecord(service) || !Array.isArray(service['routes'])) return service;
      return Object.assign(Object.create(null), service, { routes: service['routes'].map(migrateRoute) });
    });
  }
  return result;
}

function migrateRoute(route: unknown): unknown {
  if (!isRecord(route) || !Array.isArray(route['paths'])) return route;
  const paths = route['paths'].map((path: unknown) => (typeof path === 'string' ? migratePath(path) : path));
  return Object.assign(Object.create(null), route, { paths });
}
