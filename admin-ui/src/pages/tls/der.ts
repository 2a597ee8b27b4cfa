/** DER (X.690) as far as certificates need it: elements with their content, one after another. Throws on what is cut off. */

export interface DerElement {
  readonly tag: number;
  /** Without tag and length. */
  readonly content: Uint8Array;
}

/** The elements that stand in these octets. */
export function derElements(octets: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < octets.length) {
    const tag = octets[at++] as number;
    let length = octets[at++];
    if (length === undefined) throw new Error('cut off');
    if (length >= 0x80) {
      let count = length & 0x7f;
      if (count === 0 || count > 4) throw new Error('a length that DER does not have');
      length = 0;
      for (; count > 0; count--) length = length * 256 + (octets[at++] ?? Number.NaN);
    }
    if (!(at + length <= octets.length)) throw new Error('cut off');
    elements.push({ tag, content: octets.subarray(at, at + length) });
    at += length;
  }
  return elements;
}

/** Dotted. */
export function objectIdentifier(content: Uint8Array): string {
  const parts: number[] = [];
  let value = 0;
  for (const octet of content) {
    value = value * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - first * 40);
    } else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}

export function derText({ tag, content }: DerElement): string {
  // BMPString; everything else that names hold is UTF-8 or less.
  if (tag === 0x1e) return new TextDecoder('utf-16be').decode(content);
  return new TextDecoder().decode(content);
}

/** UTCTime or GeneralizedTime, as Unix seconds. */
export function derTime(element: DerElement): number {
  const text = derText(element);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) throw new Error('a time that DER does not have');
  const [, year = '', ...rest] = match;
  const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const full = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  return Date.UTC(full, month - 1, day, hour, minute, second) / 1000;
}
