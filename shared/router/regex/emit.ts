/**
 * Writes a syntax tree as JavaScript source for the `u` flag, every character class spelled out, so that
 * nothing depends on what JavaScript's shorthands mean. Groups lose their names: an object of named groups
 * for each match is dear, and not everyone who matches wants it.
 */
import { type CharSet, complement, LAST_CODE_POINT } from './char-set.ts';
import type { Syntax } from './syntax.ts';

export function emit(syntax: Syntax): string {
  switch (syntax.kind) {
    case 'set':
      return emitSet(syntax.set);
    case 'end':
      return '$';
    case 'capture':
      return `(${emit(syntax.item)})`;
    case 'sequence':
      return syntax.items.map((item) => (item.kind === 'choice' ? `(?:${emit(item)})` : emit(item))).join('');
    case 'choice':
      return syntax.items.map(emit).join('|');
    case 'repeat': {
      const { item, min, max, lazy } = syntax;
      const body = item.kind === 'set' || item.kind === 'capture' ? emit(item) : `(?:${emit(item)})`;
      return body + quantifier(min, max) + (lazy ? '?' : '');
    }
  }
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function emitSet(set: CharSet): string {
  if (set.length === 2 && set[0] === set[1]) return emitCharacter(set[0]!);
  const negated = set[set.length - 1] === LAST_CODE_POINT;
  const ranges = negated ? complement(set) : set;
  let body = '';
  for (let i = 0; i < ranges.length; i += 2) {
    body += emitCharacter(ranges[i]!);
    if (ranges[i + 1]! > ranges[i]!) body += '-' + emitCharacter(ranges[i + 1]!);
  }
  return `[${negated ? '^' : ''}${body}]`;
}

function emitCharacter(codePoint: number): string {
  const isAlphanumeric =
    (codePoint >= 0x30 && codePoint <= 0x39) ||
    (codePoint >= 0x41 && codePoint <= 0x5a) ||
    (codePoint >= 0x61 && codePoint <= 0x7a);
  return isAlphanumeric ? String.fromCharCode(codePoint) : `\\u{${codePoint.toString(16)}}`;
}
