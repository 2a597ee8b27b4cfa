/**
 * Sets of Unicode code points as sorted, disjoint ranges `[low, high, low, high, ...]`, the ends included.
 * Immutable.
 */
export type CharSet = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
export const EMPTY_SET: CharSet = [];
export const DIGITS: CharSet = [0x30, 0x39];
export const WORD: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** RE2's `\s`, which unlike JavaScript's is ASCII and has no vertical tab. */
export const SPACE: CharSet = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
/** RE2's `.`: JavaScript's also leaves out CR, U+2028 and U+2029. */
export const NOT_NEWLINE: CharSet = [0, 0x09, 0x0b, LAST_CODE_POINT];

export function singleton(codePoint: number): CharSet {
  return [codePoint, codePoint];
}

export function union(a: CharSet, b: CharSet): CharSet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && a[i]! <= b[j]!);
    const low = fromA ? a[i]! : b[j]!;
    const high = fromA ? a[i + 1]! : b[j + 1]!;
    if (fromA) i += 2;
    else j += 2;
    const last = merged.length - 1;
    if (last > 0 && low <= merged[last]! + 1) merged[last] = Math.max(merged[last]!, high);
    else merged.push(low, high);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > next) out.push(next, set[i]! - 1);
    next = set[i + 1]! + 1;
  }
  if (next <= LAST_CODE_POINT) out.push(next, LAST_CODE_POINT);
  return out;
}

export function overlaps(a: CharSet, b: CharSet): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i + 1]! < b[j]!) i += 2;
    else if (b[j + 1]! < a[i]!) j += 2;
    else return true;
  }
  return false;
}

const LONG_S = 0x17f;
const KELVIN = 0x212a;

/**
 * The set with every ASCII letter in both cases, by Unicode simple folding (`s` also folds to U+017F,
 * `k` to U+212A). Only for sets within ASCII.
 */
export function foldAscii(set: CharSet): CharSet {
  let folded = set;
  for (let i = 0; i < set.length; i += 2) {
    for (let code = set[i]!; code <= set[i + 1]!; code++) {
      const lower = code | 0x20;
      if (lower < 0x61 || lower > 0x7a || code > 127) continue;
      folded = union(folded, singleton(code ^ 0x20));
      if (lower === 0x73) folded = union(folded, singleton(LONG_S));
      if (lower === 0x6b) folded = union(folded, singleton(KELVIN));
    }
  }
  return folded;
}
