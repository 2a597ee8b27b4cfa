/**
 * The general engine: re2js, a port of RE2 whose work is linear in the text for every pattern. It is
 * loaded (about 20 ms, 3 MB) when the first pattern needs it, so that a configuration with none of them,
 * and a microgateway that never sees one, does not pay.
 */
import { createRequire } from 'node:module';
import type { LinearPattern, PatternMatch, PatternOptions, PatternResult } from './contract.ts';
import { literalPrefixOfSource } from './literal-prefix.ts';

/**
 * Instructions of the compiled program. Linear means text x program, so the program has a bound too. At
 * worst, when every instruction is alive at every character and there are groups, each pair costs about
 * 60 ns: `(.*a){20}` (100 instructions) takes 40 ms for 8 KiB. What does not match is refused by the
 * automaton without groups in a fraction of that.
 */
const MAX_PROGRAM_SIZE = 1000;

/**
 * Bytes for the automaton's states of one pattern. The library's own bound is 8 MiB, which a client could
 * fill for every pattern with texts made for it; when the budget is used up the states are thrown away.
 */
const MAX_STATE_BYTES = 256 * 1024;

/** RE2's complaints about what is wrong in every syntax; the others are about what it does not have. */
const MALFORMED = /^(?:missing|trailing|unexpected|invalid character class range|invalid named capture)/;
const UNOPENED = 'unopened group';

type Re2Module = typeof import('re2js');
let loaded: Re2Module | undefined;

function load(): Re2Module {
  loaded ??= createRequire(import.meta.url)('re2js') as Re2Module;
  return loaded;
}

export function compileRe2(source: string, options: PatternOptions): PatternResult {
  const complaint = backtrackingConstruct(source) ?? differsFromRust(source);
  if (complaint !== undefined) {
    return { ok: false, reason: complaint === UNOPENED ? 'malformed' : 'unsupported', message: complaint };
  }
  const { RE2JS } = load();
  try {
    const flags = options.caseInsensitive === true ? RE2JS.CASE_INSENSITIVE : 0;
    const compiled = RE2JS.compile(options.anchored ? `^(?:${source})` : source, flags);
    if (compiled.programSize() > MAX_PROGRAM_SIZE) {
      return { ok: false, reason: 'unsupported', message: `compiles to more than ${MAX_PROGRAM_SIZE} steps` };
    }
    const prefix = options.anchored && options.caseInsensitive !== true ? literalPrefixOfSource(source) : '';
    return { ok: true, pattern: new Re2Pattern(source, compiled, prefix) };
  } catch (error) {
    const message = messageOf(error);
    return { ok: false, reason: MALFORMED.test(message) ? 'malformed' : 'unsupported', message };
  }
}

class Re2Pattern implements LinearPattern {
  readonly source: string;
  readonly engine = 're2';
  readonly groupCount: number;
  readonly groupNames: readonly (string | undefined)[];
  readonly literalPrefix: string;
  readonly #compiled: InstanceType<Re2Module['RE2JS']>;
  #bounded = false;

  constructor(source: string, compiled: InstanceType<Re2Module['RE2JS']>, literalPrefix: string) {
    this.source = source;
    this.groupCount = compiled.groupCount();
    const names = new Array<string | undefined>(this.groupCount).fill(undefined);
    for (const [name, group] of Object.entries(compiled.namedGroups())) names[group - 1] = name;
    this.groupNames = names;
    this.literalPrefix = literalPrefix;
    this.#compiled = compiled;
  }

  test(text: string): boolean {
    if (!this.#bounded) this.#boundStates();
    return this.#compiled.test(text);
  }

  /** At first use, since it makes the automaton. */
  #boundStates(): void {
    const { dfa } = this.#compiled.re2();
    dfa.stateBudget = MAX_STATE_BYTES;
    dfa.memBudget = MAX_STATE_BYTES;
    this.#bounded = true;
  }

  exec(text: string): PatternMatch | null {
    // The automaton without groups is several times faster and refuses most texts.
    if (!this.test(text)) return null;
    return this.#compiled.exec(text) as PatternMatch | null;
  }
}

/** What only an engine that backtracks can do, by name: RE2's own message would just quote it. */
function backtrackingConstruct(source: string): string | undefined {
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    const next = source[i + 1];
    if (character === '\\') {
      if (!inClass && next !== undefined && ((next >= '1' && next <= '9') || next === 'k')) {
        return `back-references are not supported: \`\\${next}\``;
      }
      i++;
    } else if (inClass) {
      if (character === ']') inClass = false;
    } else if (character === '[') {
      inClass = true;
      if (source[i + 1] === '^') i++;
      if (source[i + 1] === ']') i++;
    } else if (character === '(' && next === '?') {
      const construct = /^(?:<?[=!]|P=)/.exec(source.slice(i + 2, i + 4))?.[0];
      if (construct === 'P=') return 'back-references are not supported: `(?P=`';
      if (construct !== undefined) return `look-around is not supported: \`(?${construct}\``;
    }
  }
  return undefined;
}

/**
 * Syntax that RE2 and Rust's engine (which Kong uses) both accept with different meanings, and what putting
 * the pattern into a group would hide (`a)(b`). Everything else that differs is refused by RE2 itself.
 */
function differsFromRust(source: string): string | undefined {
  let inClass = false;
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    const next = source[i + 1];
    if (character === '\\') {
      if (!inClass && (next === '<' || next === '>')) {
        return `word boundaries \`\\${next}\` are not supported, use \`\\b\``;
      }
      if (!inClass && next === 'b' && source[i + 2] === '{')
        return 'word boundaries `\\b{...}` are not supported';
      if (next === 'Q') return 'quoting with `\\Q` is not supported';
      i++;
    } else if (!inClass) {
      if (character === '(') depth++;
      if (character === ')' && --depth < 0) return UNOPENED;
      if (character !== '[') continue;
      inClass = true;
      if (source[i + 1] === '^') i++;
      // A closing bracket in first place stands for itself.
      if (source[i + 1] === ']') i++;
    } else if (character === ']') {
      inClass = false;
    } else if (character === '[') {
      const end = next === ':' ? source.indexOf(':]', i + 2) : -1;
      if (end === -1) return 'a `[` inside a character class must be escaped';
      i = end + 1;
    } else if ((character === '&' || character === '-' || character === '~') && next === character) {
      return `the set operation \`${character}${next}\` in a character class is not supported`;
    }
  }
  return undefined;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^error parsing regexp: /, '');
}
