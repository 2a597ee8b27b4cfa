/**
 * The text every match of a pattern must start with: what the router indexes regular expressions by, so
 * that most of them are never run.
 */
import type { Syntax } from './syntax.ts';

export function literalPrefix(syntax: Syntax): string {
  return collect(syntax).text;
}

/** `whole`: the part matches exactly `text` and nothing else, so what follows may be appended. */
function collect(syntax: Syntax): { readonly text: string; readonly whole: boolean } {
  switch (syntax.kind) {
    case 'set': {
      const isOne = syntax.set.length === 2 && syntax.set[0] === syntax.set[1];
      return isOne ? { text: String.fromCodePoint(syntax.set[0]!), whole: true } : { text: '', whole: false };
    }
    case 'end':
    case 'choice':
      return { text: '', whole: false };
    case 'capture':
      return collect(syntax.item);
    case 'repeat':
      return { text: syntax.min === 0 ? '' : collect(syntax.item).text, whole: false };
    case 'sequence': {
      let text = '';
      for (const item of syntax.items) {
        const part = collect(item);
        text += part.text;
        if (!part.whole) return { text, whole: false };
      }
      return { text, whole: true };
    }
  }
}

/** The same for a pattern that was not parsed, from its source: shorter when in doubt. */
export function literalPrefixOfSource(source: string): string {
  // A branch may be anywhere in the pattern, and flags may change what the text before them means.
  if (source.includes('|') || source.includes('(?')) {
    const plain = /^[^|(]*\((?!\?)|^[^|(]*\(\?(?:P?<|:)/.test(source);
    if (!plain || hasTopLevelBranch(source)) return '';
  }
  let text = '';
  for (const character of source) {
    if (/[A-Za-z0-9/\-_~!@#%&=:;,'" ]/.test(character) || character > '\x7f') {
      text += character;
      continue;
    }
    // What is repeated may be there no times at all.
    return '*?{'.includes(character) ? dropLast(text) : text;
  }
  return text;
}

function dropLast(text: string): string {
  return Array.from(text).slice(0, -1).join('');
}

/** True when a `|` may stand outside all groups; escapes and classes are taken for the worst case. */
function hasTopLevelBranch(source: string): boolean {
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (character === '\\' || character === '[') return source.includes('|', i);
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}
