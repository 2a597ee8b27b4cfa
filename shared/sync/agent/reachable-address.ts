/** Where others reach a listener of this node. */

const ANY = new Set(['0.0.0.0', '::', '*']);

/**
 * `host:port` of the first address that is not of this machine alone, else of the first one at all (a control plane
 * on the same machine reaches that); null when there is none. One that is bound everywhere is given with the host's name.
 */
export function reachableAddress(
  addresses: readonly { readonly host: string; readonly port: number }[],
  hostname: string,
): string | null {
  for (const { host, port } of addresses) {
    if (host === 'localhost' || host === '::1' || /^127\./.test(host)) continue;
    return ANY.has(host) ? `${hostname}:${port}` : shown(host, port);
  }
  const [first] = addresses;
  return first === undefined ? null : shown(first.host, first.port);
}

function shown(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
