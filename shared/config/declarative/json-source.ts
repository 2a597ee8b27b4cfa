/**
 * A JSON document with positions. Strict RFC 8259, except that a byte order mark is skipped. `JSON.parse` tells neither
 * where a value stands nor that a key stands twice, hence a parser of our own.
 */
import type { Path } from '../schema/problem.ts';
import { type Located, MAX_DEPTH, type Parsed, type SourceProblem, type Span } from './source.ts';

interface Place {
  readonly start: number;
  end: number;
  readonly members?: Map<string, { readonly key: Span; readonly place: Place }>;
  readonly elements?: Place[];
}

class SyntaxStop extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export function parseJson(text: string): Parsed {
  const reader = new Reader(text);
  try {
    const { value, place } = reader.document();
    if (reader.duplicates.length > 0) return { ok: false, problems: reader.duplicates };
    return { ok: true, document: { value, locate: (path) => locate(place, path) } };
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error;
    const code = error.message === 'nested too deeply' ? 'CD1009' : 'CD1006';
    const span = { start: error.at, end: Math.min(error.at + 1, text.length) };
    return { ok: false, problems: [...reader.duplicates, { code, message: error.message, span }] };
  }
}

function locate(root: Place, path: Path): Located {
  let place: Place | undefined = root;
  let key: Span | undefined;
  let container: Span = firstMember(root);
  for (const step of path) {
    if (place === undefined || step === '@entity') break;
    container = firstMember(place);
    if (typeof step === 'number') {
      key = undefined;
      place = place.elements?.[step];
    } else {
      const member: { readonly key: Span; readonly place: Place } | undefined = place.members?.get(step);
      key = member?.key;
      place = member?.place;
    }
  }
  if (path.at(-1) === '@entity' && place !== undefined) {
    return { key: undefined, value: undefined, container: firstMember(place), alias: undefined };
  }
  const value = place === undefined ? undefined : { start: place.start, end: place.end };
  return { key, value, container, alias: undefined };
}

/** What stands for a whole record: its first key. */
function firstMember(place: Place): Span {
  for (const member of place.members?.values() ?? []) return member.key;
  return { start: place.start, end: place.start + 1 };
}

class Reader {
  readonly duplicates: SourceProblem[] = [];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): { value: unknown; place: Place } {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const result = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#stop('nothing may follow the document');
    return result;
  }

  #stop(message: string, at: number = this.#at): never {
    throw new SyntaxStop(message, at);
  }

  #space(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  #value(): { value: unknown; place: Place } {
    this.#space();
    const start = this.#at;
    const c = this.#text[start];
    if (c === '{') return this.#object(start);
    if (c === '[') return this.#array(start);
    let value: unknown;
    if (c === '"') value = this.#string();
    else if (c === '-' || (c !== undefined && c >= '0' && c <= '9')) value = this.#number();
    else if (this.#word('true')) value = true;
    else if (this.#word('false')) value = false;
    else if (this.#word('null')) value = null;
    else this.#stop(c === undefined ? 'the document ends where a value should be' : 'expected a value');
    return { value, place: { start, end: this.#at } };
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #object(start: number): { value: unknown; place: Place } {
    if (++this.#depth > MAX_DEPTH) this.#stop('nested too deeply');
    this.#at++;
    const value: Record<string, unknown> = Object.create(null);
    const members = new Map<string, { readonly key: Span; readonly place: Place }>();
    this.#space();
    if (this.#text[this.#at] === '}') this.#at++;
    else {
      for (;;) {
        this.#space();
        const keyStart = this.#at;
        if (this.#text[keyStart] !== '"') this.#stop('expected a key in double quotes');
        const key = this.#string();
        const span = { start: keyStart, end: this.#at };
        this.#space();
        if (this.#text[this.#at] !== ':') this.#stop('expected ":" after the key');
        this.#at++;
        const member = this.#value();
        const first = members.get(key);
        if (first !== undefined) {
          this.duplicates.push({
            code: 'CD1007',
            message: `the key \`${key}\` stands twice in this object`,
            span,
            related: [{ span: first.key, message: 'first here' }],
          });
        }
        members.set(key, { key: span, place: member.place });
        value[key] = member.value;
        this.#space();
        const c = this.#text[this.#at];
        if (c !== ',' && c !== '}') this.#stop('expected "," or "}"');
        this.#at++;
        if (c === '}') break;
      }
    }
    this.#depth--;
    return { value, place: { start, end: this.#at, members } };
  }

  #array(start: number): { value: unknown; place: Place } {
    if (++this.#depth > MAX_DEPTH) this.#stop('nested too deeply');
    this.#at++;
    const value: unknown[] = [];
    const elements: Place[] = [];
    this.#space();
    if (this.#text[this.#at] === ']') this.#at++;
    else {
      for (;;) {
        const element = this.#value();
        value.push(element.value);
        elements.push(element.place);
        this.#space();
        const c = this.#text[this.#at];
        if (c !== ',' && c !== ']') this.#stop('expected "," or "]"');
        this.#at++;
        if (c === ']') break;
      }
    }
    this.#depth--;
    return { value, place: { start, end: this.#at, elements } };
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === 0x22) break;
      if (Number.isNaN(c) || c === 0x0a) this.#stop('the text is not closed', start);
      if (c < 0x20) this.#stop('a control character must be written as an escape', at);
      if (c === 0x5c) {
        escaped = true;
        at++;
      }
      at++;
    }
    this.#at = at + 1;
    if (!escaped) return text.slice(start + 1, at);
    try {
      return JSON.parse(text.slice(start, at + 1)) as string;
    } catch {
      return this.#stop('the text holds a wrong escape', start);
    }
  }

  #number(): number {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) this.#stop('expected a number');
    this.#at = pattern.lastIndex;
    return Number(match[0]);
  }
}
