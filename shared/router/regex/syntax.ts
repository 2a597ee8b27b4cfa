/**
 * Reads the part of RE2's syntax that the native engine may be considered for. Whatever is not certain to
 * mean the same in both engines, valid or not, is answered with undefined and left to RE2.
 */
import {
  type CharSet,
  complement,
  DIGITS,
  EMPTY_SET,
  foldAscii,
  NOT_NEWLINE,
  SPACE,
  singleton,
  union,
  WORD,
} from './char-set.ts';

export type Syntax =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly items: readonly Syntax[] }
  | { readonly kind: 'choice'; readonly items: readonly Syntax[] }
  | {
      readonly kind: 'repeat';
      readonly item: Syntax;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'capture'; readonly item: Syntax }
  | { readonly kind: 'end' };

export interface ParsedPattern {
  readonly syntax: Syntax;
  readonly groupNames: readonly (string | undefined)[];
  /** The pattern begins with `^`. */
  readonly startsAtStart: boolean;
}

/** RE2's own bound on counted repetition, also of nested ones multiplied. */
export const MAX_REPEAT = 1000;
const MAX_DEPTH = 50;
const GROUP_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const COUNT = /\{(\d{1,4})(,(\d{0,4}))?\}/y;

class Unsupported extends Error {}

/** The syntax tree, or undefined when the pattern is outside the subset (or malformed). */
export function parsePattern(source: string, caseInsensitive: boolean): ParsedPattern | undefined {
  if (!source.isWellFormed()) return undefined;
  const parser = new Parser(source, caseInsensitive);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

class Parser {
  readonly #source: string;
  readonly #fold: boolean;
  readonly #names: (string | undefined)[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: string, fold: boolean) {
    this.#source = source;
    this.#fold = fold;
  }

  parse(): ParsedPattern {
    const startsAtStart = this.#take('^');
    const syntax = this.#choice();
    if (this.#at < this.#source.length) throw new Unsupported();
    // `^a|b` anchors only its first branch.
    if (startsAtStart && syntax.kind === 'choice') throw new Unsupported();
    return { syntax, groupNames: this.#names, startsAtStart };
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Syntax {
    if (++this.#depth > MAX_DEPTH) throw new Unsupported();
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    this.#depth--;
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  #sequence(): Syntax {
    const items: Syntax[] = [];
    while (this.#at < this.#source.length) {
      const next = this.#source[this.#at];
      if (next === '|' || next === ')') break;
      items.push(this.#repeat(this.#atom()));
    }
    return { kind: 'sequence', items };
  }

  #repeat(item: Syntax): Syntax {
    let min: number;
    let max: number;
    if (this.#take('*')) [min, max] = [0, Number.POSITIVE_INFINITY];
    else if (this.#take('+')) [min, max] = [1, Number.POSITIVE_INFINITY];
    else if (this.#take('?')) [min, max] = [0, 1];
    else if (this.#source[this.#at] === '{') [min, max] = this.#count();
    else return item;
    if (item.kind === 'end') throw new Unsupported();
    const lazy = this.#take('?');
    const next = this.#source[this.#at];
    if (next === '*' || next === '+' || next === '?' || next === '{') throw new Unsupported();
    return { kind: 'repeat', item, min, max, lazy };
  }

  #count(): [number, number] {
    COUNT.lastIndex = this.#at;
    const match = COUNT.exec(this.#source);
    if (match === null) throw new Unsupported();
    this.#at = COUNT.lastIndex;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (min > max || min > MAX_REPEAT || (max !== Number.POSITIVE_INFINITY && max > MAX_REPEAT)) {
      throw new Unsupported();
    }
    if (max === 0) throw new Unsupported();
    return [min, max];
  }

  #atom(): Syntax {
    const code = this.#source.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    switch (code) {
      case 0x28:
        return this.#group();
      case 0x5b:
        return { kind: 'set', set: this.#class() };
      case 0x2e:
        return { kind: 'set', set: NOT_NEWLINE };
      case 0x24:
        return { kind: 'end' };
      case 0x5c: {
        const set = this.#escape();
        return { kind: 'set', set: this.#folded(set) };
      }
      case 0x5e: // ^
      case 0x2a: // *
      case 0x2b: // +
      case 0x3f: // ?
      case 0x7b: // {
      case 0x7d: // }
      case 0x5d: // ]
        throw new Unsupported();
      default:
        return { kind: 'set', set: this.#folded(singleton(code)) };
    }
  }

  #group(): Syntax {
    if (this.#take('?:')) {
      const item = this.#choice();
      if (!this.#take(')')) throw new Unsupported();
      return item;
    }
    let name: string | undefined;
    if (this.#take('?P<') || this.#take('?<')) {
      const end = this.#source.indexOf('>', this.#at);
      name = end === -1 ? '' : this.#source.slice(this.#at, end);
      if (!GROUP_NAME.test(name) || this.#names.includes(name)) throw new Unsupported();
      this.#at = end + 1;
    } else if (this.#source[this.#at] === '?') {
      throw new Unsupported();
    }
    this.#names.push(name);
    const item = this.#choice();
    if (!this.#take(')')) throw new Unsupported();
    return { kind: 'capture', item };
  }

  /** The set of an escape; negated ones of letters do not fold, so they are refused when folding. */
  #escape(): CharSet {
    const code = this.#source.charCodeAt(this.#at++);
    switch (String.fromCharCode(code)) {
      case 'd':
        return DIGITS;
      case 'D':
        return complement(DIGITS);
      case 'w':
        return WORD;
      case 'W':
        if (this.#fold) throw new Unsupported();
        return complement(WORD);
      case 's':
        return SPACE;
      case 'S':
        return complement(SPACE);
      case 't':
        return singleton(0x09);
      case 'n':
        return singleton(0x0a);
      case 'f':
        return singleton(0x0c);
      case 'r':
        return singleton(0x0d);
    }
    if (!isPunctuation(code)) throw new Unsupported();
    return singleton(code);
  }

  #class(): CharSet {
    const negated = this.#take('^');
    let set = EMPTY_SET;
    let first = true;
    for (;;) {
      const next = this.#source[this.#at];
      if (next === undefined || (first && next === ']')) throw new Unsupported();
      if (next === ']') break;
      set = union(set, this.#classItem(first));
      first = false;
    }
    this.#at++;
    const folded = this.#folded(set);
    return negated ? complement(folded) : folded;
  }

  #classItem(first: boolean): CharSet {
    const low = this.#classAtom(first);
    const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']';
    if (!isRange) return low;
    this.#at++;
    const high = this.#classAtom(false);
    if (low.length !== 2 || high.length !== 2 || low[0] !== low[1] || high[0] !== high[1]) {
      throw new Unsupported();
    }
    if (low[0]! > high[0]!) throw new Unsupported();
    return [low[0]!, high[0]!];
  }

  #classAtom(first: boolean): CharSet {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined || code === 0x5b) throw new Unsupported();
    this.#at += code > 0xffff ? 2 : 1;
    if (code === 0x5c) return this.#escape();
    const next = this.#source.charCodeAt(this.#at);
    // `&&`, `--` and `~~` are set operations in Rust's syntax.
    if ((code === 0x26 || code === 0x2d || code === 0x7e) && next === code) throw new Unsupported();
    // A hyphen stands for itself only where no reading makes it a range.
    if (code === 0x2d && !first && this.#source[this.#at] !== ']') throw new Unsupported();
    return singleton(code);
  }

  #folded(set: CharSet): CharSet {
    if (!this.#fold || set.length === 0) return set;
    if (set[set.length - 1]! <= 127) return foldAscii(set);
    // `\D` and `\S` hold all letters already; anything else beyond ASCII is left to RE2.
    if (set[set.length - 1] === 0x10ffff) return set;
    throw new Unsupported();
  }
}

function isPunctuation(code: number): boolean {
  // `\<` and `\>` are word boundaries in Rust's syntax.
  if (code === 0x3c || code === 0x3e) return false;
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60 && code !== 0x5f) ||
    (code >= 0x7b && code <= 0x7e)
  );
}
