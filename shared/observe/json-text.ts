/** JSON strings by hand: most of what is logged needs no escaping, and finding that out is all it costs. */

const NEEDS_ESCAPE = /["\\\x00-\x1f\ud800-\udfff]/;

/** The text as a JSON string, the same as `JSON.stringify` gives. */
export function quote(text: string): string {
  return needsEscape(text) ? JSON.stringify(text) : '"' + text + '"';
}

/** The inside of that string for text that `needsEscape`. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Most values are shorter than it takes to enter the regular expression engine. */
export function needsEscape(text: string): boolean {
  if (text.length > 48) return NEEDS_ESCAPE.test(text);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return true;
  }
  return false;
}
