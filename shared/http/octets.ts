/**
 * Octet classes of RFC 9110 and 9112 as lookup tables: one array access per octet decides.
 */

const tableOf = (octets: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (let i = 0; i < octets.length; i++) table[octets.charCodeAt(i)] = 1;
  return table;
};

const ALPHA = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGIT = '0123456789';

/** RFC 9110 5.6.2 tchar. */
export const TOKEN: Uint8Array = tableOf(`!#$%&'*+-.^_\`|~${DIGIT}${ALPHA}`);

/**
 * RFC 9110 5.5 field-content: SP, HTAB, VCHAR and obs-text. Everything else (CR, LF, NUL, other controls,
 * DEL) ends or refuses a value.
 */
export const FIELD_VALUE: Uint8Array = (() => {
  const table = new Uint8Array(256);
  table[0x09] = 1;
  for (let c = 0x20; c < 256; c++) if (c !== 0x7f) table[c] = 1;
  return table;
})();

/** Visible ASCII without `#`: what a request target may hold (RFC 9112 3.2; a fragment is never sent). */
export const TARGET: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (let c = 0x21; c < 0x7f; c++) table[c] = 1;
  table[0x23] = 0;
  return table;
})();

/** Value of a hexadecimal digit, 255 for everything else. */
export const HEX_VALUE: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(255);
  for (let i = 0; i < 10; i++) table[0x30 + i] = i;
  for (let i = 0; i < 6; i++) table[0x41 + i] = table[0x61 + i] = 10 + i;
  return table;
})();

/** ASCII letters in lower case, everything else as it is. */
export const LOWER: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (let c = 0; c < 256; c++) table[c] = c >= 0x41 && c <= 0x5a ? c + 32 : c;
  return table;
})();

export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255 || TOKEN[c] === 0) return false;
  }
  return true;
}

/** True when every character may stand in a field value. */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255 || FIELD_VALUE[c] === 0) return false;
  }
  return true;
}

/** Without SP and HTAB at both ends (RFC 9110 5.6.3 OWS). `trim` would also take NBSP, VT and FF for white space. */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
