/** Damages octets a little: the errors that a grammar does not think of. */
import type { Random } from './random.ts';

const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  '5',
  '\r\n\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: b\r\n',
  '0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '\x0b',
  '\x0c',
  '\xa0',
  '\xff',
  '_',
  '-',
  'HTTP/1.1',
  ' \r\n',
  '\r\n ',
  '\x7f',
  '"',
  '\\',
].map((text) => Buffer.from(text, 'latin1'));

export function mutate(random: Random, octets: Buffer): Buffer {
  if (octets.length === 0) return octets;
  const at = random.below(octets.length);
  switch (random.below(8)) {
    case 0: {
      const copy = Buffer.from(octets);
      copy[at] = copy[at]! ^ (1 << random.below(8));
      return copy;
    }
    case 1: {
      const copy = Buffer.from(octets);
      copy[at] = random.below(256);
      return copy;
    }
    case 2:
    case 3:
      return Buffer.concat([octets.subarray(0, at), random.pick(PIECES), octets.subarray(at)]);
    case 4:
      return Buffer.concat([
        octets.subarray(0, at),
        octets.subarray(Math.min(octets.length, at + 1 + random.below(4))),
      ]);
    case 5: {
      // A line or part of it once more.
      const to = Math.min(octets.length, at + 1 + random.below(30));
      return Buffer.concat([octets.subarray(0, to), octets.subarray(at)]);
    }
    case 6: {
      const piece = random.pick(PIECES);
      return Buffer.concat([
        octets.subarray(0, at),
        piece,
        octets.subarray(Math.min(octets.length, at + piece.length)),
      ]);
    }
    default:
      return octets.subarray(0, at);
  }
}
