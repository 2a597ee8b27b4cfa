/** Where others reach a listener of this node. */

const ANY = new Set(['0.0.0.0', '::', '*']);

/** `host:port` of the first address that is not of this machine alone; null when there is none. */
export function reachableAddress(
  addresses: readonly { readonly host: string; readonly port: number }[],
  hostname: string,
): string | null {
  for (const { host, port } of addresses) {
    if (host === 'localhost' || host === '::1' || /^127\./.test(host)) continue;
    if (ANY.has(host)) return `${hostname}:${port}`;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }
  return null;
}
