/**
 * Which peers may speak for a client (Kong: trusted_ips, real_ip_header, real_ip_recursive). Asked once per
 * connection, except for the addresses inside forwarding headers.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

export class TrustedPeers {
  private readonly list = new BlockList();
  readonly isEmpty: boolean;

  /** Addresses and CIDR ranges. Throws a TypeError that names the one that is neither. */
  constructor(entries: readonly string[]) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries) {
      const [address, prefix] = entry.split('/') as [string, string | undefined];
      const version = isIP(address);
      const bits = prefix === undefined ? undefined : Number(prefix);
      const most = version === 6 ? 128 : 32;
      if (version === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= most))) {
        throw new TypeError(`not an address or CIDR range: ${entry}`);
      }
      const family = version === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, bits, family);
    }
  }

  has(ip: string): boolean {
    if (this.isEmpty) return false;
    return this.list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  }

  /**
   * The client's address as a trusted peer tells it. For X-Forwarded-For: the last entry, or with
   * `recursive` the right-most one that is not itself trusted. Anything that is not an address ends the
   * search: what stands left of it was written by someone we do not know.
   */
  clientIp(peerIp: string, value: string | undefined, recursive: boolean): string {
    if (value === undefined) return peerIp;
    const entries = value.split(',');
    let client = peerIp;
    for (let i = entries.length - 1; i >= 0; i--) {
      const ip = addressOf(entries[i]!.trim());
      if (ip === undefined) break;
      client = ip;
      if (!recursive || !this.has(ip)) break;
    }
    return client;
  }
}

/** `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80`. */
function addressOf(text: string): string | undefined {
  if (isIP(text) !== 0) return unmapped(text);
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?$/.exec(text);
  if (bracketed !== null) return isIPv6(bracketed[1]!) ? unmapped(bracketed[1]!) : undefined;
  const withPort = /^([0-9.]+):[0-9]{1,5}$/.exec(text);
  return withPort !== null && isIP(withPort[1]!) === 4 ? withPort[1] : undefined;
}

/** IPv4-mapped IPv6 addresses as the IPv4 address they are. */
export function unmapped(ip: string): string {
  return ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
}
