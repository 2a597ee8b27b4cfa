/**
 * Regular expressions in the configuration of plugins: the router's engine, whose work is linear in the text
 * whoever wrote the pattern and whoever sends the text.
 */
import { compilePattern } from '../../router/regex/compile.ts';
import type { LinearPattern } from '../../router/regex/contract.ts';

export type { LinearPattern } from '../../router/regex/contract.ts';

/** Kong's message for a text that is no pattern, with the reason. */
export function brokenRegex(source: string): string | undefined {
  const compiled = compilePattern(source, { anchored: false });
  return compiled.ok ? undefined : `'${source}' is not a valid regex: ${compiled.message}`;
}

/** A pattern that may match anywhere, or only the whole text. Throws an Error when it is none. */
export function linearPattern(source: string, where: 'anywhere' | 'whole'): LinearPattern {
  const compiled =
    where === 'anywhere'
      ? compilePattern(source, { anchored: false })
      : compilePattern(`(?:${source})$`, { anchored: true });
  if (!compiled.ok) throw new Error(`'${source}' is not a valid regex: ${compiled.message}`);
  return compiled.pattern;
}
