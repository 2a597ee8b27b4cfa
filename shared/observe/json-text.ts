/**
 * JSON strings by hand: most of what is logged needs no escaping, and finding that out is all it costs. The
 * text is always ASCII, so that its bytes are its characters whatever writes it.
 */

const NEEDS_ESCAPE = /["\\\x00-\x1f\x7f-\uffff]/;
const NOT_ASCII = /[\x7f-\uffff]/g;

/** The text as a JSON string; parsed, it gives what `JSON.stringify` would. */
export function quote(text: string): string {
  return needsEscape(text) ? asciiJson(text)! : '"' + text + '"';
}

/** The inside of that string for text that `needsEscape`. */
export function escaped(text: string): string {
  return asciiJson(text)!.slice(1, -1);
}

/** `JSON.stringify` in ASCII; undefined for what has no JSON. */
export function asciiJson(value: unknown): string | undefined {
  return JSON.stringify(value)?.replace(
    NOT_ASCII,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

/** Most values are shorter than it takes to enter the regular expression engine. */
export function needsEscape(text: string): boolean {
  if (text.length > 48) return NEEDS_ESCAPE.test(text);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return true;
  }
  return false;
}
