/**
 * Which peers may speak for a client (Kong: trusted_ips, real_ip_header, real_ip_recursive). Asked once per
 * connection, except for the addresses inside forwarding headers.
 */
import { parseHostPort } from '../config/schema/address.ts';
import { IpMatcher } from '../config/schema/ip-range.ts';

export class TrustedPeers {
  private readonly list: IpMatcher;
  readonly isEmpty: boolean;

  /**
   * Addresses and CIDR ranges; Kong's `unix:` says nothing here, since no listener is a Unix socket. Throws a
   * TypeError that names the one that is none of these.
   */
  constructor(entries: readonly string[]) {
    const ranges = entries.filter((entry) => entry !== 'unix:');
    this.isEmpty = ranges.length === 0;
    this.list = new IpMatcher(ranges);
  }

  has(ip: string): boolean {
    return !this.isEmpty && this.list.has(ip);
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

function addressOf(text: string): string | undefined {
  const parsed = parseHostPort(text);
  return parsed === undefined || parsed.kind === 'name' ? undefined : unmapped(parsed.host);
}

/** IPv4-mapped IPv6 addresses as the IPv4 address they are. */
export function unmapped(ip: string): string {
  return ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
}
