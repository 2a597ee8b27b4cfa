/**
 * A parsed field section. The lines stay where they arrived, in one latin1 text with offsets beside it;
 * values become strings when somebody asks for them. Changes are an overlay, so that forwarding an
 * untouched section is a few slices of the text.
 *
 * The text holds only octets that the parser has accepted. Nothing else may ever be put into it.
 */

import type { Headers } from './headers.ts';
import { fieldAt, fieldAtDashed, fieldOf } from './known-fields.ts';
import { FIELD_VALUE, isFieldValue, isToken, LOWER, TOKEN } from './octets.ts';
import { refused } from './refusals.ts';

const INVALID_LINE_ENDING = refused('line_ending_invalid');
const INVALID_NAME = refused('field_name_invalid');
const INVALID_VALUE = refused('field_value_invalid');
const TOO_LARGE = refused('head_too_large');
const TOO_MANY = refused('too_many_fields');

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;

/** Offsets kept per line: start of name, end of name, start of value, end of value. */
const SPAN = 4;

/** The line is as we would write it: `name: value`, one space, nothing behind the value. */
const CANONICAL = 1;
const REMOVED = 2;

interface Name {
  readonly lower: string;
  /** `name: `, as it goes out. */
  readonly prefix: string;
  readonly field: number;
}

/**
 * Names that plugins and the proxy add come from configurations and constants: a few, again and again.
 * The bound is for those that a transformation builds out of client input.
 */
const NAMES_BOUND = 1024;
const names = new Map<string, Name>();

/** Throws a TypeError when `name` is not a token. */
function nameOf(name: string): Name {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (!isToken(name)) throw new TypeError(`not a header name: ${JSON.stringify(name)}`);
  const made = { lower: name.toLowerCase(), prefix: name + ': ', field: fieldOf(name) };
  if (names.size < NAMES_BOUND) names.set(name, made);
  return made;
}

export interface AddedLine {
  readonly name: string;
  readonly lower: string;
  readonly prefix: string;
  readonly field: number;
  readonly value: string;
}

function addedLine(name: string, value: string): AddedLine {
  const { lower, prefix, field } = nameOf(name);
  if (!isFieldValue(value))
    throw new TypeError(`header ${name}: the value has characters that may not be sent`);
  return { name, lower, prefix, field, value };
}

function indexOfName(added: readonly AddedLine[], lower: string, from: number): number {
  for (let at = from; at < added.length; at++) if (added[at]!.lower === lower) return at;
  return -1;
}

export class FieldLines implements Headers {
  /** The head's text from offset 0; only valid once the section is complete. */
  text = '';
  /** Number of parsed lines, removed ones included. */
  count = 0;
  /** Known-field number of each parsed line. */
  fields: Uint8Array;
  /** Four offsets into `text` per parsed line: name from, name to, value from, value to. */
  spans: Int32Array;
  private flags: Uint8Array;
  private readonly names: string[] = [];
  /** A bit for each length of name (modulo 32) among the parsed lines: most names asked for are none of them. */
  private lengths = 0;
  private removedCount = 0;
  /** At least the length of all added names and values; replaced ones count on. */
  addedLength = 0;
  /** Lines that were added or set, behind the parsed ones. Only `set`, `append` and `remove` change them. */
  added: AddedLine[] | undefined;

  constructor(capacity = 32) {
    this.fields = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.spans = new Int32Array(capacity * SPAN);
  }

  reset(): void {
    this.count = 0;
    this.lengths = 0;
    this.removedCount = 0;
    this.added = undefined;
    this.addedLength = 0;
  }

  /**
   * Parses field lines from `octets[from, end)` up to and with the empty line (RFC 9112 5; CRLF only, no
   * folding, no space before the colon). Offsets are kept relative to `base`, where `text` will begin.
   *
   * Returns the offset behind the empty line, 0 when it has not arrived yet, or a negative refusal.
   */
  parse(
    octets: Uint8Array,
    base: number,
    from: number,
    end: number,
    maxBytes: number,
    maxCount: number,
  ): number {
    let pos = from;
    const limit = base + maxBytes;
    for (;;) {
      if (pos >= end) return pos > limit ? TOO_LARGE : 0;
      let c = octets[pos]!;
      if (c === CR) {
        if (pos + 1 >= end) return 0;
        if (octets[pos + 1] !== LF) return INVALID_LINE_ENDING;
        return pos + 2 > limit ? TOO_LARGE : pos + 2;
      }
      const nameStart = pos;
      let underscored = false;
      while (pos < end && TOKEN[(c = octets[pos]!)] === 1) {
        if (c === UNDERSCORE) underscored = true;
        pos++;
      }
      if (pos >= end) return pos > limit ? TOO_LARGE : 0;
      if (c !== COLON || pos === nameStart) return c === LF ? INVALID_LINE_ENDING : INVALID_NAME;
      const nameEnd = pos++;
      while (pos < end && ((c = octets[pos]!) === SP || c === HTAB)) pos++;
      const valueStart = pos;
      while (pos < end && FIELD_VALUE[octets[pos]!] === 1) pos++;
      if (pos + 1 >= end) {
        if (pos < end && octets[pos] !== CR) return octets[pos] === LF ? INVALID_LINE_ENDING : INVALID_VALUE;
        return pos > limit ? TOO_LARGE : 0;
      }
      if (octets[pos] !== CR) return octets[pos] === LF ? INVALID_LINE_ENDING : INVALID_VALUE;
      if (octets[pos + 1] !== LF) return INVALID_LINE_ENDING;
      let valueEnd = pos;
      while (valueEnd > valueStart && ((c = octets[valueEnd - 1]!) === SP || c === HTAB)) valueEnd--;
      pos += 2;
      if (pos > limit) return TOO_LARGE;

      if (this.count >= maxCount) return TOO_MANY;
      if (this.count >= this.fields.length) this.grow();
      this.lengths |= 1 << (nameEnd - nameStart);
      const k = this.count++;
      const s = k * SPAN;
      this.spans[s] = nameStart - base;
      this.spans[s + 1] = nameEnd - base;
      this.spans[s + 2] = valueStart - base;
      this.spans[s + 3] = valueEnd - base;
      this.fields[k] = fieldAt(octets, nameStart, nameEnd);
      this.flags[k] =
        valueStart === nameEnd + 2 && octets[nameEnd + 1] === SP && pos === valueEnd + 2 ? CANONICAL : 0;
      // `X_Forwarded_For` and its like reach CGI-style upstreams as the real field: they never pass.
      if (underscored && this.fields[k] === 0 && fieldAtDashed(octets, nameStart, nameEnd) !== 0)
        this.drop(k);
    }
  }

  private grow(): void {
    const capacity = this.fields.length * 2;
    const fields = new Uint8Array(capacity);
    fields.set(this.fields);
    this.fields = fields;
    const flags = new Uint8Array(capacity);
    flags.set(this.flags);
    this.flags = flags;
    const spans = new Int32Array(capacity * SPAN);
    spans.set(this.spans);
    this.spans = spans;
  }

  get size(): number {
    return this.count - this.removedCount + (this.added === undefined ? 0 : this.added.length);
  }

  /** True for a parsed line that is still there. */
  isLive(k: number): boolean {
    return (this.flags[k]! & REMOVED) === 0;
  }

  /** Removes parsed line `k`. */
  drop(k: number): void {
    if ((this.flags[k]! & REMOVED) !== 0) return;
    this.flags[k]! |= REMOVED;
    this.removedCount++;
  }

  nameAt(k: number): string {
    const start = this.spans[k * SPAN]!;
    const end = this.spans[k * SPAN + 1]!;
    // A peer sends the same fields in the same order again and again: the string of last time, whose hash is
    // known, serves as long as it says the same.
    const before = this.names[k];
    if (before !== undefined && before.length === end - start && this.text.startsWith(before, start))
      return before;
    return (this.names[k] = this.text.slice(start, end));
  }

  valueAt(k: number): string {
    return this.text.slice(this.spans[k * SPAN + 2], this.spans[k * SPAN + 3]);
  }

  /** First live line with that known-field number, -1 when there is none. AddedLine lines do not count. */
  find(field: number): number {
    for (let k = 0; k < this.count; k++) if (this.fields[k] === field && this.isLive(k)) return k;
    return -1;
  }

  /** First value of a known field among the parsed lines. */
  valueOf(field: number): string | undefined {
    const k = this.find(field);
    return k < 0 ? undefined : this.valueAt(k);
  }

  private nameEquals(k: number, name: string): boolean {
    const s = k * SPAN;
    const start = this.spans[s]!;
    const length = name.length;
    if (this.spans[s + 1]! - start !== length) return false;
    const text = this.text;
    for (let i = 0; i < length; i++) {
      if (LOWER[text.charCodeAt(start + i)] !== LOWER[name.charCodeAt(i)]) return false;
    }
    return true;
  }

  /** False when no parsed line can have that name. */
  private mayHave(name: string): boolean {
    return (this.lengths & (1 << name.length)) !== 0;
  }

  get(name: string): string | undefined {
    for (let k = 0; k < this.count && this.mayHave(name); k++) {
      if (this.isLive(k) && this.nameEquals(k, name)) return this.valueAt(k);
    }
    if (this.added !== undefined) {
      const lower = name.toLowerCase();
      for (const line of this.added) if (line.lower === lower) return line.value;
    }
    return undefined;
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let k = 0; k < this.count && this.mayHave(name); k++) {
      if (this.isLive(k) && this.nameEquals(k, name)) values.push(this.valueAt(k));
    }
    if (this.added !== undefined) {
      const lower = name.toLowerCase();
      for (const line of this.added) if (line.lower === lower) values.push(line.value);
    }
    return values;
  }

  has(name: string): boolean {
    for (let k = 0; k < this.count && this.mayHave(name); k++) {
      if (this.isLive(k) && this.nameEquals(k, name)) return true;
    }
    if (this.added === undefined) return false;
    const lower = name.toLowerCase();
    return this.added.some((line) => line.lower === lower);
  }

  set(name: string, value: string): void {
    const line = addedLine(name, value);
    this.addedLength += name.length + value.length;
    this.removeParsed(name);
    const { added } = this;
    if (added === undefined) {
      this.added = [line];
      return;
    }
    // Replaced where the first one stands; the order of other lines does not change.
    let at = indexOfName(added, line.lower, 0);
    if (at < 0) {
      added.push(line);
      return;
    }
    added[at] = line;
    while ((at = indexOfName(added, line.lower, at + 1)) >= 0) added.splice(at, 1);
  }

  append(name: string, value: string): void {
    const line = addedLine(name, value);
    this.addedLength += name.length + value.length;
    if (this.added === undefined) this.added = [line];
    else this.added.push(line);
  }

  private removeParsed(name: string): boolean {
    let found = false;
    if (!this.mayHave(name)) return false;
    for (let k = 0; k < this.count; k++) {
      if (this.isLive(k) && this.nameEquals(k, name)) {
        this.drop(k);
        found = true;
      }
    }
    return found;
  }

  remove(name: string): boolean {
    let found = this.removeParsed(name);
    const { added } = this;
    if (added === undefined) return found;
    const lower = name.toLowerCase();
    for (let at = 0; (at = indexOfName(added, lower, at)) >= 0; ) {
      added.splice(at, 1);
      found = true;
    }
    return found;
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (let k = 0; k < this.count; k++) if (this.isLive(k)) visit(this.nameAt(k), this.valueAt(k));
    if (this.added !== undefined) for (const line of this.added) visit(line.name, line.value);
  }

  forEachName(visit: (name: string) => void): void {
    for (let k = 0; k < this.count; k++) if (this.isLive(k)) visit(this.nameAt(k));
    if (this.added !== undefined) for (const line of this.added) visit(line.name);
  }

  /**
   * The section as it goes out, each line `name: value\r\n`, without the lines whose known field is marked
   * in `skip`, and without the empty line at the end.
   */
  serialise(skip: Uint8Array): string {
    const { text, spans, fields, flags, count } = this;
    let out = '';
    let runStart = -1;
    let runEnd = 0;
    for (let k = 0; k < count; k++) {
      const s = k * SPAN;
      const flag = flags[k]!;
      if ((flag & REMOVED) !== 0 || skip[fields[k]!] === 1) {
        if (runStart >= 0) {
          out += text.slice(runStart, runEnd);
          runStart = -1;
        }
      } else if ((flag & CANONICAL) !== 0) {
        if (runStart < 0) runStart = spans[s]!;
        runEnd = spans[s + 3]! + 2;
      } else {
        if (runStart >= 0) {
          out += text.slice(runStart, runEnd);
          runStart = -1;
        }
        out += text.slice(spans[s], spans[s + 1]) + ': ' + text.slice(spans[s + 2], spans[s + 3]) + '\r\n';
      }
    }
    if (runStart >= 0) out += text.slice(runStart, runEnd);
    if (this.added !== undefined) {
      for (const line of this.added) {
        if (skip[line.field] === 0) out = out + line.prefix + line.value + '\r\n';
      }
    }
    return out;
  }
}

/** Nothing is skipped. */
export const SKIP_NONE: Uint8Array = new Uint8Array(64);
