/**
 * Compiles regular expressions from configurations. The syntax is what RE2 and Rust's engine share: no
 * look-around, no back-references, `(?<name>...)` or `(?P<name>...)`. `\d`, `\w`, `\s` and `\b` are ASCII.
 *
 * See docs/decisions/0004-linear-regular-expressions.md for why there are two engines.
 */
import type { LinearPattern, PatternMatch, PatternOptions, PatternResult } from './contract.ts';
import { isDeterministic, longestMatch } from './deterministic.ts';
import { emit } from './emit.ts';
import { literalPrefix } from './literal-prefix.ts';
import { compileRe2 } from './re2.ts';
import { parsePattern } from './syntax.ts';

const MAX_SOURCE_LENGTH = 4096;

/** A search that starts over at every character is still linear if each start is short. */
const MAX_UNANCHORED_LENGTH = 64;

/** Compiles on the fastest engine on which the pattern is linear. `message` says what is wrong with it. */
export function compilePattern(source: string, options: PatternOptions): PatternResult {
  if (source.length > MAX_SOURCE_LENGTH) {
    return { ok: false, reason: 'unsupported', message: `is longer than ${MAX_SOURCE_LENGTH} characters` };
  }
  const native = compileNative(source, options);
  return native === undefined ? compileRe2(source, options) : { ok: true, pattern: native };
}

/** The pattern on V8's engine, or undefined when it is not proven to be linear there. */
export function compileNative(source: string, options: PatternOptions): LinearPattern | undefined {
  const parsed = parsePattern(source, options.caseInsensitive === true);
  if (parsed === undefined || !isDeterministic(parsed.syntax)) return undefined;
  const anchored = options.anchored || parsed.startsAtStart;
  if (!anchored && longestMatch(parsed.syntax) > MAX_UNANCHORED_LENGTH) return undefined;
  const body = emit(parsed.syntax);
  return new NativePattern(
    source,
    new RegExp(anchored ? `^(?:${body})` : body, 'u'),
    parsed.groupNames,
    anchored ? literalPrefix(parsed.syntax) : '',
  );
}

class NativePattern implements LinearPattern {
  readonly source: string;
  readonly engine = 'native';
  readonly groupCount: number;
  readonly groupNames: readonly (string | undefined)[];
  readonly literalPrefix: string;
  readonly #compiled: RegExp;

  constructor(source: string, compiled: RegExp, names: readonly (string | undefined)[], prefix: string) {
    this.source = source;
    this.groupCount = names.length;
    this.groupNames = names;
    this.literalPrefix = prefix;
    this.#compiled = compiled;
  }

  test(text: string): boolean {
    return this.#compiled.test(text);
  }

  exec(text: string): PatternMatch | null {
    return this.#compiled.exec(text);
  }
}

/** Named and 1-based numeric groups that took part; undefined when the pattern has no groups. */
export function capturesOf(
  pattern: LinearPattern,
  match: PatternMatch,
): Readonly<Record<string, string>> | undefined {
  if (pattern.groupCount === 0) return undefined;
  const captures: Record<string, string> = Object.create(null);
  const names = pattern.groupNames;
  for (let i = 0; i < names.length; i++) {
    const value = match[i + 1];
    if (value === undefined) continue;
    captures[i + 1] = value;
    const name = names[i];
    if (name !== undefined) captures[name] = value;
  }
  return captures;
}
