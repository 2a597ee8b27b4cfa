/**
 * What the rest of the engine knows of regular expressions: patterns whose work is bounded by the length
 * of the text, whoever wrote them and whoever sends the text.
 */

/** The outcome of one match: an array as `RegExp.prototype.exec` gives, whichever engine made it. */
export interface PatternMatch {
  /** Where the match starts in the text. */
  readonly index: number;
  readonly length: number;
  /** 0 is the matched text, then the groups by number; undefined for a group that took no part. */
  readonly [group: number]: string | undefined;
}

export interface LinearPattern {
  readonly source: string;
  /** `native` is V8's own engine, for patterns on which it cannot backtrack; `re2` is the general one. */
  readonly engine: 'native' | 're2';
  readonly groupCount: number;
  /** The name of each group, from group 1 on; undefined for one without a name. */
  readonly groupNames: readonly (string | undefined)[];
  /** Every match of an anchored pattern starts with this text; `''` when nothing is known. */
  readonly literalPrefix: string;
  test(text: string): boolean;
  /** The first match, or null. Of an anchored pattern it starts at 0, but need not reach the end. */
  exec(text: string): PatternMatch | null;
}

export interface PatternOptions {
  /** The whole pattern only matches at the start of the text. It is not anchored at the end. */
  readonly anchored: boolean;
  readonly caseInsensitive?: boolean;
}

export type PatternResult =
  | { readonly ok: true; readonly pattern: LinearPattern }
  | {
      readonly ok: false;
      /** `malformed`: no engine takes it. `unsupported`: one that backtracks would, or a bound is passed. */
      readonly reason: 'malformed' | 'unsupported';
      readonly message: string;
    };
