/**
 * Reading `host:port` as targets and service hosts carry it.
 */
import { isIP } from 'node:net';

export interface HostAndPort {
  /** IPv6 without brackets, names in lower case. */
  readonly host: string;
  readonly port: number;
}

/** Kong's default port for targets. */
const DEFAULT_TARGET_PORT = 8000;

/** Reads a validated target: `name:port`, `ip:port`, `[ipv6]:port`; the port may be missing. */
export function parseTarget(target: string): HostAndPort {
  const colon = target.lastIndexOf(':');
  if (colon <= target.lastIndexOf(']') || isIP(target) === 6) {
    return { host: bareHost(target), port: DEFAULT_TARGET_PORT };
  }
  return { host: bareHost(target.slice(0, colon)), port: Number(target.slice(colon + 1)) };
}

/** A host as used for lookups: no brackets, lower case. */
export function bareHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return bare.toLowerCase();
}
