/**
 * Turns a counter key and a window start into 64 bits under a secret 64-bit seed: HalfSipHash-1-3 (the
 * 32-bit member of the SipHash family), because clients choose parts of the keys (a header, a path) and
 * must not be able to make two of them collide. Two UTF-16 code units make one input word.
 *
 * Never use it for anything that needs a cryptographic digest.
 */
export class KeyHash {
  /** The two halves of the last result, as signed 32-bit integers. `low` is never 0. */
  low = 1;
  high = 0;
  readonly #seed0: number;
  readonly #seed1: number;

  constructor(seed0: number, seed1: number) {
    this.#seed0 = seed0 | 0;
    this.#seed1 = seed1 | 0;
  }

  /** Leaves the hash of `key` in the window that starts at `start` (seconds) in `low` and `high`. */
  compute(key: string, start: number): void {
    let v0 = this.#seed0;
    let v1 = this.#seed1;
    let v2 = 0x6c796765 ^ v0;
    let v3 = 0x74656462 ^ v1;
    v1 ^= 0xee;
    const length = key.length;
    const pairs = length & ~1;
    // Words: the pairs, then start, then what is left over together with the length.
    for (let at = 0; at <= pairs + 2; at += 2) {
      let word: number;
      if (at < pairs) word = key.charCodeAt(at) | (key.charCodeAt(at + 1) << 16);
      else if (at === pairs) word = start | 0;
      else word = (length << 16) | (length & 1 ? key.charCodeAt(length - 1) : 0);
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    v2 ^= 0xee;
    let low = 0;
    for (let round = 0; round < 6; round++) {
      if (round === 3) {
        low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.low = low === 0 ? 1 : low;
    this.high = v1 ^ v3;
  }
}
