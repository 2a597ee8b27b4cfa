/**
 * A header section as a JSON object, written as bytes straight from the parsed text: names in lower case,
 * credentials replaced. No string is made on the way; it is most of what a log record costs.
 *
 * Only sections of plain ASCII without quotes and without repeated names are written here; for the others
 * the caller has the slow way.
 */
import type { AddedLine, FieldLines } from '../http/field-lines.ts';
import { Field } from '../http/known-fields.ts';
import { LOWER } from '../http/octets.ts';

/** Quotes, colon and comma around a name and a value. */
const PUNCTUATION = 6;

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Bytes that stand in a JSON string as they are. */
const PLAIN = (() => {
  const table = new Uint8Array(256);
  for (let c = 0x20; c < 0x7f; c++) table[c] = 1;
  table[QUOTE] = 0;
  table[0x5c] = 0;
  return table;
})();

const REDACTED = Uint8Array.from('REDACTED', (c) => c.charCodeAt(0));

/** The text of the section, as bytes; longer ones take the slow way. */
const scratch = Buffer.allocUnsafeSlow(32 * 1024);

/** Hashes of the names written so far. More lines than this take the slow way. */
const hashes = new Int32Array(128);

/** False when the section is too long for the fast way. */
export function isFastHeaderJson(lines: FieldLines): boolean {
  return lines.text.length <= scratch.length && lines.size <= hashes.length;
}

/** Bytes that `writeHeaderJson` may write for these lines. */
export function headerJsonBound(lines: FieldLines): number {
  return lines.text.length + lines.addedLength + lines.size * (PUNCTUATION + REDACTED.length) + 2;
}

/**
 * Writes the object to `target`, which has room for `headerJsonBound`. Returns the offset behind it, or -1
 * when it has to be written in the slow way.
 */
export function writeHeaderJson(lines: FieldLines, target: Uint8Array, from: number): number {
  const { text, spans, fields, count, added } = lines;
  scratch.write(text, 0, 'latin1');
  let at = from;
  let written = 0;
  target[at++] = 0x7b;
  for (let k = 0; k < count; k++) {
    if (!lines.isLive(k)) continue;
    if (written > 0) target[at++] = COMMA;
    target[at++] = QUOTE;
    let hash = 0;
    for (let i = spans[k * 4]!, end = spans[k * 4 + 1]!; i < end; i++) {
      const c = LOWER[scratch[i]!]!;
      hash = (Math.imul(hash, 31) + c) | 0;
      target[at++] = c;
    }
    if (isKnown(hash, written)) return -1;
    hashes[written++] = hash;
    target[at++] = QUOTE;
    target[at++] = COLON;
    target[at++] = QUOTE;
    if (fields[k] === Field.authorization || fields[k] === Field.proxyAuthorization) {
      target.set(REDACTED, at);
      at += REDACTED.length;
    } else {
      for (let i = spans[k * 4 + 2]!, end = spans[k * 4 + 3]!; i < end; i++) {
        const c = scratch[i]!;
        if (PLAIN[c] === 0) return -1;
        target[at++] = c;
      }
    }
    target[at++] = QUOTE;
  }
  if (added !== undefined) {
    for (let k = 0; k < added.length; k++) {
      const { value, lower }: AddedLine = added[k]!;
      const name = nameJson(lower);
      if (name.secret || isKnown(name.hash, written)) return -1;
      if (written > 0) target[at++] = COMMA;
      hashes[written++] = name.hash;
      target.set(name.bytes, at);
      at += name.bytes.length;
      for (let i = 0; i < value.length; i++) {
        const c = value.charCodeAt(i);
        if (c > 0xff || PLAIN[c] === 0) return -1;
        target[at++] = c;
      }
      target[at++] = QUOTE;
    }
  }
  target[at++] = 0x7d;
  return at;
}

interface NameJson {
  /** `"name":"` */
  readonly bytes: Uint8Array;
  readonly hash: number;
  readonly secret: boolean;
}

/** Names that the gateway and its plugins add: a few, again and again. Bounded, as templates can make names. */
const NAMES_BOUND = 1024;
const names = new Map<string, NameJson>();

function nameJson(lower: string): NameJson {
  let made = names.get(lower);
  if (made !== undefined) return made;
  let hash = 0;
  for (let i = 0; i < lower.length; i++) hash = (Math.imul(hash, 31) + lower.charCodeAt(i)) | 0;
  made = {
    bytes: Buffer.from(`"${lower}":"`, 'latin1'),
    hash,
    secret: lower === 'authorization' || lower === 'proxy-authorization',
  };
  if (names.size < NAMES_BOUND) names.set(lower, made);
  return made;
}

/** A hash seen before is a repeated name, or is treated as one. */
function isKnown(hash: number, written: number): boolean {
  for (let k = 0; k < written; k++) if (hashes[k] === hash) return true;
  return false;
}
