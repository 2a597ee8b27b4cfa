/**
 * IP addresses and CIDR ranges as numbers. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is the IPv4
 * address: it is what a client of a dual-stack listener looks like.
 */
import { isIP } from 'node:net';

/** IPv4 as an unsigned 32-bit number; -1 when the text is not one in dotted form. */
export function parseIpv4(text: string): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2e) {
      if (octet === -1 || ++dots === 4) return -1;
      value = value * 256 + octet;
      octet = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      // A leading zero would be octal to some readers.
      if (octet === 0) return -1;
      octet = (octet === -1 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return -1;
    } else return -1;
  }
  return dots === 3 && octet !== -1 ? value * 256 + octet : -1;
}

/** IPv6 as eight 16-bit groups, a zone is ignored; undefined when the text is not one. */
export function parseIpv6(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  if (isIP(address) !== 6) return undefined;
  const [head, tail] = address.split('::') as [string, string | undefined];
  const before = groups(head);
  if (tail === undefined) return before;
  const after = groups(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const ipv4 = parseIpv4(group);
    return [Math.floor(ipv4 / 65_536), ipv4 % 65_536];
  });
}

/** The IPv4 address in an IPv4-mapped one; -1 when it is none. */
export function mappedIpv4(address: readonly number[]): number {
  for (let group = 0; group < 5; group++) if (address[group] !== 0) return -1;
  return address[5] === 0xffff ? address[6]! * 65_536 + address[7]! : -1;
}

/**
 * What one client of that address is counted as: an IPv4 address, or the /64 network of an IPv6 address,
 * of which any host may use every address.
 */
export function clientNetwork(ip: string): string {
  if (!ip.includes(':')) return ip;
  const address = parseIpv6(ip);
  if (address === undefined) return ip;
  const ipv4 = mappedIpv4(address);
  if (ipv4 !== -1) return [24, 16, 8, 0].map((shift) => (ipv4 >>> shift) & 255).join('.');
  return `${address
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
