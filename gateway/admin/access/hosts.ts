/**
 * Under which names the Admin API is asked. A web page can make a browser connect here under a name of its own
 * choosing (DNS rebinding); it is then the page's own origin, and nothing else in the browser stands in its way. So only
 * names that nobody else can own are answered: addresses of this machine, localhost, and what the settings allow.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { unmapped } from '../../../shared/proxy/trusted-peers.ts';

const HOST =
  /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?))(?::(\d{1,5}))?$/;
const INTERFACES_EVERY_MS = 10_000;

export interface HostProblem {
  readonly status: 400 | 403;
  readonly message: string;
}

export interface AllowedHosts {
  /** Undefined when the request may be answered. */
  check(request: IncomingMessage): HostProblem | undefined;
}

/** `listen`: hosts of the listeners. `allowed`: further ones, with or without a port (which says nothing). */
export function allowedHosts(
  listen: readonly string[],
  allowed: readonly string[],
  now: () => number = Date.now,
): AllowedHosts {
  const names = new Set<string>(['localhost']);
  for (const host of listen) names.add(canonical(host));
  for (const entry of allowed) names.add(nameOf(entry) ?? canonical(entry));
  let own: ReadonlySet<string> = new Set();
  let readAt = Number.NEGATIVE_INFINITY;
  const isOwn = (address: string) => {
    if (now() - readAt >= INTERFACES_EVERY_MS) {
      readAt = now();
      own = ownAddresses();
    }
    return own.has(address);
  };
  return {
    check(request) {
      const lines = request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
      if (lines.length !== 1) return { status: 400, message: 'exactly one Host header is needed' };
      if (!request.url?.startsWith('/') && !(request.method === 'OPTIONS' && request.url === '*'))
        return { status: 400, message: 'the request target must be a path' };
      const name = nameOf(request.headers.host ?? '');
      if (name === undefined)
        return {
          status: 400,
          message: 'the Host header must be a name or an address, with or without a port',
        };
      if (names.has(name) || name.endsWith('.localhost')) return undefined;
      if (isIP(name) !== 0 && (name === canonical(request.socket.localAddress ?? '') || isOwn(name)))
        return undefined;
      return {
        status: 403,
        message: `the Admin API is not served under the name ${name}; admin_allowed_hosts lists further ones`,
      };
    },
  };
}

/** The host of a `Host` header: lower-case, without port and brackets. Undefined when it is none. */
function nameOf(header: string): string | undefined {
  const match = HOST.exec(header);
  if (match === null || Number(match[3] ?? 0) > 65535) return undefined;
  const [, v6, name = ''] = match;
  if (v6 !== undefined) return isIP(v6) === 6 ? canonical(v6) : undefined;
  return canonical(name);
}

/** One text for one address: `::ffff:127.0.0.1` and `0:0:0:0:0:0:0:1` are what they mean. */
function canonical(host: string): string {
  const plain = unmapped(host.toLowerCase());
  if (isIP(plain) !== 6) return plain;
  const parsed = URL.parse(`http://[${plain}]`)?.hostname.slice(1, -1) ?? plain;
  return parsed;
}

function ownAddresses(): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const list of Object.values(networkInterfaces())) {
    for (const { address } of list ?? []) addresses.add(canonical(address));
  }
  return addresses;
}
