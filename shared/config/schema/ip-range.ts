/** Lists of addresses and CIDR ranges, compiled for look-up by binary search. */
import { mappedIpv4, parseIpv4, parseIpv6 } from './ip-address.ts';

/** First and last address; IPv4 as a number, IPv6 as four 32-bit words. */
export type IpRange =
  | { readonly version: 4; readonly first: number; readonly last: number }
  | { readonly version: 6; readonly first: readonly number[]; readonly last: readonly number[] };

const FULL = 0xffffffff;

/** `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32`; bits of the host part are ignored. Undefined when it is none. */
export function parseCidr(text: string): IpRange | undefined {
  const [address, bits, more] = text.split('/') as [string, string?, string?];
  if (more !== undefined || address.includes('%') || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
    return undefined;
  }
  const ipv4 = parseIpv4(address);
  if (ipv4 !== -1) return ipv4Range(ipv4, bits === undefined ? 32 : Number(bits));
  const groups = parseIpv6(address);
  const prefix = bits === undefined ? 128 : Number(bits);
  if (groups === undefined || prefix > 128) return undefined;
  const mapped = mappedIpv4(groups);
  if (mapped !== -1 && prefix >= 96) return ipv4Range(mapped, prefix - 96);
  const words = toWords(groups);
  const first = words.map((word, index) => (word & mask(prefix - index * 32)) >>> 0);
  const last = words.map((word, index) => (word | ~mask(prefix - index * 32)) >>> 0);
  return { version: 6, first, last };
}

function ipv4Range(address: number, prefix: number): IpRange | undefined {
  if (prefix > 32) return undefined;
  return { version: 4, first: (address & mask(prefix)) >>> 0, last: (address | ~mask(prefix)) >>> 0 };
}

/** A word whose upper `bits` are set. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? FULL : (FULL << (32 - bits)) >>> 0;
}

function toWords(groups: readonly number[]): number[] {
  return [0, 2, 4, 6].map((at) => groups[at]! * 65_536 + groups[at + 1]!);
}

function compare(a: ArrayLike<number>, at: number, b: ArrayLike<number>): number {
  for (let word = 0; word < 4; word++) {
    const difference = a[at + word]! - b[word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

export class IpMatcher {
  readonly #first4: Uint32Array;
  readonly #last4: Uint32Array;
  readonly #first6: Uint32Array;
  readonly #last6: Uint32Array;

  /** Throws a TypeError for an entry that is neither an address nor a range. */
  constructor(list: readonly string[]) {
    const ranges = list.map((text) => {
      const range = parseCidr(text);
      if (range === undefined) throw new TypeError(`invalid ip or cidr range: '${text}'`);
      return range;
    });
    const ipv4 = ranges.filter((range) => range.version === 4).sort((a, b) => a.first - b.first);
    const ipv6 = ranges.filter((range) => range.version === 6).sort((a, b) => compare(a.first, 0, b.first));
    const merged4 = merge(ipv4, (a, b) => a - b);
    const merged6 = merge(ipv6, (a, b) => compare(a, 0, b));
    this.#first4 = Uint32Array.from(merged4, (range) => range.first);
    this.#last4 = Uint32Array.from(merged4, (range) => range.last);
    this.#first6 = Uint32Array.from(merged6.flatMap((range) => range.first));
    this.#last6 = Uint32Array.from(merged6.flatMap((range) => range.last));
  }

  /** Whether the address is in the list; text that is no address is in none. */
  has(ip: string): boolean {
    const ipv4 = parseIpv4(ip);
    if (ipv4 !== -1) return this.#has4(ipv4);
    const groups = parseIpv6(ip);
    if (groups === undefined) return false;
    const mapped = mappedIpv4(groups);
    return mapped !== -1 ? this.#has4(mapped) : this.#has6(toWords(groups));
  }

  #has4(address: number): boolean {
    let low = 0;
    let high = this.#first4.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#first4[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#last4[low - 1]! >= address;
  }

  #has6(address: readonly number[]): boolean {
    let low = 0;
    let high = this.#first6.length / 4;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#first6, middle * 4, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compare(this.#last6, (low - 1) * 4, address) >= 0;
  }
}

/** Sorted ranges become disjoint ones, so that only the last one that starts at or before can hold. */
function merge<T>(
  sorted: readonly { readonly first: T; readonly last: T }[],
  order: (a: T, b: T) => number,
): { readonly first: T; readonly last: T }[] {
  const merged: { first: T; last: T }[] = [];
  for (const range of sorted) {
    const before = merged.at(-1);
    if (before === undefined || order(range.first, before.last) > 0) merged.push({ ...range });
    else if (order(range.last, before.last) > 0) before.last = range.last;
  }
  return merged;
}
