/**
 * Decides whether a backtracking engine can match a pattern without ever trying two ways through the same
 * text.
 *
 * The condition: wherever the pattern leaves a choice (another repetition or go on, this branch or that),
 * the next character alone decides it, because the sets of characters that may come next on either side
 * are disjoint. This is strong one-unambiguity (Brueggemann-Klein and Wood, "One-Unambiguous Regular
 * Languages", 1998). Then each choice point that backtracking returns to fails on its first character, so
 * the work is at most (length of text) x (size of pattern). The check errs on the side of refusing.
 */
import { type CharSet, EMPTY_SET, overlaps, union } from './char-set.ts';
import { MAX_REPEAT, type Syntax } from './syntax.ts';

/** True when an anchored match of this pattern is linear on a backtracking engine. */
export function isDeterministic(syntax: Syntax): boolean {
  return expansion(syntax) <= MAX_REPEAT && decides(syntax, EMPTY_SET, false);
}

/** The length in code points of the longest possible match; infinite when unbounded. */
export function longestMatch(syntax: Syntax): number {
  switch (syntax.kind) {
    case 'set':
      return 1;
    case 'end':
      return 0;
    case 'capture':
      return longestMatch(syntax.item);
    case 'sequence':
      return syntax.items.reduce((sum, item) => sum + longestMatch(item), 0);
    case 'choice':
      return Math.max(...syntax.items.map(longestMatch));
    case 'repeat': {
      const once = longestMatch(syntax.item);
      return once === 0 ? 0 : once * syntax.max;
    }
  }
}

function first(syntax: Syntax): CharSet {
  switch (syntax.kind) {
    case 'set':
      return syntax.set;
    case 'end':
      return EMPTY_SET;
    case 'capture':
    case 'repeat':
      return first(syntax.item);
    case 'choice':
      return syntax.items.reduce<CharSet>((set, item) => union(set, first(item)), EMPTY_SET);
    case 'sequence': {
      let set = EMPTY_SET;
      for (const item of syntax.items) {
        set = union(set, first(item));
        if (!isNullable(item)) break;
      }
      return set;
    }
  }
}

function isNullable(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'set':
      return false;
    case 'end':
      return true;
    case 'capture':
      return isNullable(syntax.item);
    case 'repeat':
      return syntax.min === 0 || isNullable(syntax.item);
    case 'choice':
      return syntax.items.some(isNullable);
    case 'sequence':
      return syntax.items.every(isNullable);
  }
}

/** `after`: the characters that may follow a match of this part. `looped`: it is inside a repetition. */
function decides(syntax: Syntax, after: CharSet, looped: boolean): boolean {
  switch (syntax.kind) {
    case 'set':
    case 'end':
      return true;
    case 'capture':
      // JavaScript forgets a group at the start of each repetition, RE2 does not.
      return !looped && decides(syntax.item, after, looped);
    case 'sequence': {
      let follow = after;
      for (let i = syntax.items.length - 1; i >= 0; i--) {
        const item = syntax.items[i]!;
        if (!decides(item, follow, looped)) return false;
        follow = isNullable(item) ? union(first(item), follow) : first(item);
      }
      return true;
    }
    case 'choice': {
      let seen = EMPTY_SET;
      for (const item of syntax.items) {
        if (isNullable(item)) return false;
        const start = first(item);
        if (overlaps(seen, start) || !decides(item, after, looped)) return false;
        seen = union(seen, start);
      }
      return true;
    }
    case 'repeat': {
      const { item, min, max } = syntax;
      if (isNullable(item)) return false;
      const start = first(item);
      if (min !== max && overlaps(start, after)) return false;
      return decides(item, max > 1 ? union(start, after) : after, looped || max > 1);
    }
  }
}

/** How many times the innermost part of nested counted repetitions is written out. */
function expansion(syntax: Syntax): number {
  switch (syntax.kind) {
    case 'set':
    case 'end':
      return 1;
    case 'capture':
      return expansion(syntax.item);
    case 'choice':
    case 'sequence':
      return syntax.items.reduce((most, item) => Math.max(most, expansion(item)), 1);
    case 'repeat': {
      const copies = syntax.max === Number.POSITIVE_INFINITY ? Math.max(1, syntax.min) : syntax.max;
      return copies * expansion(syntax.item);
    }
  }
}
