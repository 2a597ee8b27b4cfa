/**
 * Kong's syntax for listening addresses: `0.0.0.0:8000 reuseport backlog=16384, [::]:8443 ssl`, or `off`.
 * A plain `HOST:PORT` is the simplest case of it.
 */
export interface ListenAddress {
  /** IP address or host name; IPv6 without brackets. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly ssl: boolean;
  readonly backlog: number;
}

export const DEFAULT_BACKLOG = 16384;

/** Flags that Kong knows and that say what this gateway does anyway. */
const ACCEPTED = new Set(['reuseport', 'bind', 'deferred', 'http2']);
const ACCEPTED_WITH_VALUE = /^(?:so_keepalive|ipv6only)=/;

/** Throws an Error whose message says which address is wrong and why. */
export function parseListen(text: string): ListenAddress[] {
  const trimmed = text.trim();
  if (trimmed === 'off') return [];
  const addresses: ListenAddress[] = [];
  const seen = new Set<string>();
  for (const part of trimmed.split(',')) {
    const address = parseOne(part.trim());
    const key = `${address.host}|${address.port}`;
    if (address.port !== 0 && seen.has(key)) throw new Error(`'${showAddress(address)}' is listed twice`);
    seen.add(key);
    addresses.push(address);
  }
  return addresses;
}

function parseOne(text: string): ListenAddress {
  const [address = '', ...flags] = text.split(/\s+/);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(address);
  if (match === null) {
    throw new Error(`'${text}' is not HOST:PORT (like 127.0.0.1:8000 or [::1]:8000) or off`);
  }
  const port = Number(match[3]);
  if (port > 65535) throw new Error(`port ${match[3]} is above 65535`);
  let ssl = false;
  let backlog = DEFAULT_BACKLOG;
  for (const flag of flags) {
    const size = /^backlog=(\d{1,6})$/.exec(flag);
    if (flag === 'ssl') ssl = true;
    else if (size !== null && Number(size[1]) > 0) backlog = Number(size[1]);
    else if (flag === 'proxy_protocol') throw new Error("'proxy_protocol' is not supported");
    else if (!ACCEPTED.has(flag) && !ACCEPTED_WITH_VALUE.test(flag)) {
      throw new Error(`unknown flag '${flag}' (known: ssl, http2, reuseport, backlog=N)`);
    }
  }
  return { host: match[1] ?? (match[2] as string), port, ssl, backlog };
}

/** `HOST:PORT`, IPv6 in brackets. */
export function showAddress(address: { readonly host: string; readonly port: number }): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

export function showListen(addresses: readonly ListenAddress[]): string {
  if (addresses.length === 0) return 'off';
  return addresses
    .map(
      (a) =>
        showAddress(a) +
        (a.ssl ? ' ssl' : '') +
        (a.backlog === DEFAULT_BACKLOG ? '' : ` backlog=${a.backlog}`),
    )
    .join(', ');
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
