/** Which certificate a name would be served, by Kong's rules for SNIs (exact, `*.rest`, `prefix.*`, `*`). */
import type { Route, Sni } from '../../shared/config/entities.ts';

const TLS_PROTOCOLS = new Set(['https', 'grpcs', 'tls']);

/**
 * The SNIs that TLS connections for these routes can end up with: for each host or server name of a route the one that
 * would be found, for a wildcard also all that it covers. Routes that any name reaches need the one for any name.
 */
export function snisForRoutes(routes: readonly Route[], byName: ReadonlyMap<string, Sni>): ReadonlySet<Sni> {
  const needed = new Set<Sni>();
  const add = (name: string): boolean => {
    const sni = byName.get(name);
    if (sni !== undefined) needed.add(sni);
    return sni !== undefined;
  };
  for (const route of routes) {
    if (!route.protocols.some((protocol) => TLS_PROTOCOLS.has(protocol))) continue;
    const names = new Set<string>();
    for (const host of route.hosts ?? []) names.add(hostName(host));
    for (const sni of route.snis ?? []) names.add(hostName(sni));
    if (names.size === 0) add('*');
    for (const name of names) {
      if (!name.includes('*')) {
        for (const candidate of candidates(name)) if (add(candidate)) break;
        continue;
      }
      for (const [candidate, sni] of byName) {
        if (covers(name, candidate) || covers(candidate, name)) needed.add(sni);
      }
      add('*');
    }
  }
  return needed;
}

/** Names that are looked for, most exact first. */
function candidates(name: string): readonly string[] {
  const firstDot = name.indexOf('.');
  const lastDot = name.lastIndexOf('.');
  const list = [name];
  if (firstDot >= 0) list.push(`*${name.slice(firstDot)}`);
  if (lastDot >= 0) list.push(`${name.slice(0, lastDot)}.*`);
  list.push('*');
  return list;
}

/** Whether a name with a wildcard at one end covers the other one. */
function covers(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (pattern.startsWith('*.')) return name.endsWith(pattern.slice(1));
  if (pattern.endsWith('.*')) return name.startsWith(pattern.slice(0, -1));
  return false;
}

/** Lower case, without a port or a last dot. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
