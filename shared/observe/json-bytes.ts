/**
 * A JSON line written as bytes into one buffer that is used again for every line: no strings are put together,
 * and nothing is left for the garbage collector. The bytes are ASCII; other characters become escapes.
 *
 * Whoever writes makes room first: `start` with a bound on everything that follows.
 */
import type { FieldLines } from '../http/field-lines.ts';
import { writeHeaderJson } from './header-json.ts';
import { asciiJson } from './json-text.ts';

/** Fewer bytes are copied one by one: calling out of compiled code costs more. */
const COPY_BELOW = 64;

const INITIAL_BYTES = 16 * 1024;

/** A character of a string may become a `\\uXXXX`. */
export const MOST_PER_CHARACTER = 6;

/** Digits of the largest safe integer, with a sign. */
export const MOST_PER_NUMBER = 17;

/** ASCII that stands in a JSON string as it is. */
const PLAIN = (() => {
  const table = new Uint8Array(128);
  for (let c = 0x20; c < 0x7f; c++) table[c] = 1;
  table[0x22] = 0;
  table[0x5c] = 0;
  return table;
})();

/** Text that is the same in every line, as bytes. */
export function constant(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export class JsonBytes {
  bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;
  private readonly digits = new Uint8Array(MOST_PER_NUMBER);

  /** Starts a line of at most that many bytes. */
  start(most: number): void {
    this.length = 0;
    if (most > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(most * 2);
    else if (this.bytes.length > INITIAL_BYTES && most <= INITIAL_BYTES)
      this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** Makes room for more than was said at the start. */
  grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(this.bytes.length + more);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    const target = this.bytes;
    let at = this.length;
    const { length } = bytes;
    if (length < COPY_BELOW) for (let i = 0; i < length; i++) target[at++] = bytes[i]!;
    else {
      target.set(bytes, at);
      at += length;
    }
    this.length = at;
  }

  /** ASCII text as it is. */
  ascii(text: string): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** Text inside of a string, escaped where it must be. */
  text(text: string): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c > 0x7e || PLAIN[c] === 0) {
        this.ascii(asciiJson(text)!.slice(1, -1));
        return;
      }
      bytes[at++] = c;
    }
    this.length = at;
  }

  /** A safe integer. */
  integer(value: number): void {
    const { bytes, digits } = this;
    let rest = value;
    if (rest < 0) {
      bytes[this.length++] = 0x2d;
      rest = -rest;
    }
    let n = 0;
    // Division of what is past 32 bits is a floating-point one: done for a few digits only.
    while (rest > 0x3fffffff) {
      const tenth = Math.floor(rest / 10);
      digits[n++] = rest - tenth * 10;
      rest = tenth;
    }
    let small = rest | 0;
    do {
      const tenth = (small / 10) | 0;
      digits[n++] = small - tenth * 10;
      small = tenth;
    } while (small > 0);
    let at = this.length;
    while (n > 0) bytes[at++] = 0x30 + digits[--n]!;
    this.length = at;
  }

  /** Milliseconds to a hundredth, without trailing zeros. */
  milliseconds(value: number): void {
    const hundredths = Math.round(value * 100);
    const whole = Math.floor(hundredths / 100);
    const fraction = hundredths - whole * 100;
    this.integer(whole);
    if (fraction === 0) return;
    const { bytes } = this;
    bytes[this.length++] = 0x2e;
    bytes[this.length++] = 0x30 + ((fraction / 10) | 0);
    if (fraction % 10 !== 0) bytes[this.length++] = 0x30 + (fraction % 10);
  }

  /** A header section as an object; false when it needs the slow way, and then nothing was written. */
  headers(lines: FieldLines): boolean {
    const end = writeHeaderJson(lines, this.bytes, this.length);
    if (end < 0) return false;
    this.length = end;
    return true;
  }

  toString(): string {
    return this.bytes.toString('latin1', 0, this.length);
  }
}
