/**
 * Format versions 1.1 and 2.1 did not mark regular expressions among the paths of routes. Before anything is
 * validated, those documents get the marks; nothing else differs between the versions.
 */
import { normalPrefix } from '../schema/path.ts';
import { isRecord } from '../schema/validate.ts';

const ESCAPE = /%[0-9a-fA-F]{2}/g;
const RESERVED = new Set("!*'();:@&=+$,/?%#[]");

/** Decodes the escapes of characters that need none; upper-cases the others. Bytes that are not UTF-8 stay escaped. */
function decodeUnreserved(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(
        run.replace(/%([0-7][0-9a-fA-F])/g, (coded, hex: string) => {
          const c = String.fromCharCode(Number.parseInt(hex, 16));
          return RESERVED.has(c) ? '%25' + coded.slice(1) : coded;
        }),
      );
    } catch {
      return run.replace(ESCAPE, (coded) => {
        const c = Number.parseInt(coded.slice(1), 16);
        const char = String.fromCharCode(c);
        return c >= 0x80 || RESERVED.has(char) ? coded.toUpperCase() : char;
      });
    }
    return decoded.replace(ESCAPE, (coded) => coded.toUpperCase());
  });
}

/** A path of an old document as version 3.0 writes it. */
export function migratePath(path: string): string {
  return /^[A-Za-z0-9._~/%-]*$/.test(path) ? (normalPrefix(path) ?? path) : `~${decodeUnreserved(path)}`;
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
