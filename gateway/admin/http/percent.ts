/**
 * Percent-decoding as nginx and Kong do it: what is no valid escape stays as it is. The input is octets as a string
 * (latin1): what was not escaped, in a form, is UTF-8 as well.
 */
const PLAIN = /^[^%+\x80-\xff]*$/;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Undefined when the result is not UTF-8. `plus`: `+` is a space (forms and queries). */
export function percentDecode(octets: string, plus = false): string | undefined {
  if (PLAIN.test(octets)) return octets;
  try {
    return strict.decode(unescaped(octets, plus));
  } catch {
    return undefined;
  }
}

/** The same, with a replacement character (U+FFFD) where the result is not UTF-8. */
export function percentDecodeLeniently(octets: string, plus = false): string {
  return PLAIN.test(octets) ? octets : lenient.decode(unescaped(octets, plus));
}

function unescaped(octets: string, plus: boolean): Buffer {
  const source = Buffer.from(plus ? octets.replaceAll('+', ' ') : octets, 'latin1');
  let length = 0;
  // Decoded in place: what is written never overtakes what is read.
  for (let i = 0; i < source.length; i++) {
    const high = source[i] === 0x25 ? hexDigit(source[i + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(source[i + 2]);
    if (low === -1) source[length++] = source[i] as number;
    else {
      source[length++] = high * 16 + low;
      i += 2;
    }
  }
  return source.subarray(0, length);
}

function hexDigit(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
