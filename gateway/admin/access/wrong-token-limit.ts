/**
 * How many wrong tokens an address may show. A secret of 256 bits is not found by trying: this bounds the work and
 * the audit log that a caller can cause. A right token is taken all the same, because many people may come from
 * the one address of a proxy.
 */
const BURST = 10;
const ONE_MORE_EVERY_MS = 6_000;
const MAX_ADDRESSES = 4_096;

interface Bucket {
  left: number;
  at: number;
}

export class WrongTokenLimit {
  readonly #now: () => number;
  /** The least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Counts a wrong token. Seconds to wait when there were too many; 0 when not. */
  count(address: string): number {
    const key = networkOf(address);
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { left: BURST, at: now };
    this.#buckets.delete(key);
    bucket.left = Math.min(BURST, bucket.left + Math.max(0, now - bucket.at) / ONE_MORE_EVERY_MS);
    bucket.at = now;
    if (this.#buckets.size >= MAX_ADDRESSES) {
      this.#buckets.delete(this.#buckets.keys().next().value as string);
    }
    this.#buckets.set(key, bucket);
    if (bucket.left >= 1) {
      bucket.left -= 1;
      return 0;
    }
    return Math.ceil(((1 - bucket.left) * ONE_MORE_EVERY_MS) / 1_000);
  }
}

/** One customer has a whole /64 of IPv6: its first four groups count. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':');
}
