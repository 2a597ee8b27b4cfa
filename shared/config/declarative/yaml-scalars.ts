/**
 * What unquoted text means in YAML, as Kong's parser reads it (YAML 1.1 without dates and base-60 numbers):
 * existing files rely on `yes`, `off` and `1.2096e+06`.
 */

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['', null],
  ['~', null],
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/** The value of plain (unquoted, untagged) text. */
export function plainScalar(text: string): string | number | boolean | null {
  if (text.length <= 5) {
    const word = WORDS.get(text);
    if (word !== undefined) return word;
  }
  const first = text.charCodeAt(0);
  // Digits, '+', '-' and '.' can begin a number; nothing else can.
  const numeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  return numeric ? (plainNumber(text) ?? text) : text;
}

function plainNumber(text: string): number | undefined {
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text)) return Number(text.replaceAll('_', ''));
  if (/^[-+]?0_*[0-7][0-7_]*$/.test(text)) return signed(text, /^0_*/, 8);
  if (/^[-+]?0x_*[0-9a-fA-F][0-9a-fA-F_]*$/.test(text)) return signed(text, /^0x/, 16);
  if (/^[-+]?0b_*[01][01_]*$/.test(text)) return signed(text, /^0b/, 2);
  if (/^[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?$/.test(text) && /[0-9]/.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isNaN(value) || !/[.eE]/.test(text) ? undefined : value;
  }
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN;
  return undefined;
}

function signed(text: string, prefix: RegExp, radix: number): number {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replace(prefix, '').replaceAll('_', '');
  const value = digits === '' ? 0 : Number.parseInt(digits, radix);
  return negative ? -value : value;
}

/** The value of text with one of YAML's own tags; undefined when it does not fit the tag. */
export function taggedScalar(tag: string, text: string): string | number | boolean | null | undefined {
  if (tag === 'str' || tag === 'binary') return text;
  const value = plainScalar(text);
  if (tag === 'null') return value === null ? null : undefined;
  if (tag === 'bool') return typeof value === 'boolean' ? value : undefined;
  if (tag === 'float') return typeof value === 'number' ? value : undefined;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
