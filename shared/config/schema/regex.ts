/**
 * Whether a regular expression of a configuration can be used. Kong's configurations are written for PCRE
 * and Rust's regex crate; the few spellings that those accept and JavaScript does not (`(?P<name>`, a leading `(?i)`,
 * `\A`, `\z`, POSIX classes) are rewritten here, so that everybody compiles the same thing.
 */

const POSIX: ReadonlyMap<string, string> = new Map([
  ['alpha', 'A-Za-z'],
  ['digit', '0-9'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', '\\s'],
  ['word', '\\w'],
  ['xdigit', '0-9A-Fa-f'],
  ['punct', '!-\\/:-@\\[-`{-~'],
]);

/** A compiled expression, or why it does not compile. `anchored` adds Kong's start anchor. */
export function compileRegex(
  source: string,
  anchored = false,
): { readonly regex: RegExp } | { readonly problem: string } {
  let flags = '';
  let body = source;
  const leading = /^\(\?([ims]+)\)/.exec(body);
  if (leading !== null) {
    flags = [...new Set(leading[1])].join('');
    body = body.slice(leading[0].length);
  }
  body = body
    .replace(/\(\?P</g, '(?<')
    .replace(/\(\?P=([A-Za-z_]\w*)\)/g, '\\k<$1>')
    .replace(/\[:(\^?)([a-z]+):\]/g, (whole, negated: string, name: string) =>
      negated === '' ? (POSIX.get(name) ?? whole) : whole,
    )
    .replace(/(\\\\)|\\A/g, (_, escaped: string | undefined) => escaped ?? '^')
    .replace(/(\\\\)|\\[zZ]/g, (_, escaped: string | undefined) => escaped ?? '$');
  body = scopeInlineFlags(body);
  try {
    return { regex: new RegExp(anchored ? `^(?:${body})` : body, flags) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { problem: text.replace(/^Invalid regular expression: /, '').replace(/^\/.*\/\w*: /s, '') };
  }
}

/**
 * Constructs that Kong's default router refuses because its engine has no backtracking. Returns the construct,
 * or undefined when there is none.
 */
export function backtrackingConstruct(source: string): string | undefined {
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') {
      const next = source[i + 1];
      if (!inClass && next !== undefined && next >= '1' && next <= '9') return 'back-references';
      if (!inClass && next === 'k') return 'back-references';
      i++;
    } else if (inClass) {
      if (c === ']') inClass = false;
    } else if (c === '[') {
      inClass = true;
      if (source[i + 1] === '^') i++;
      if (source[i + 1] === ']') i++;
    } else if (c === '(' && source[i + 1] === '?') {
      const rest = source.slice(i + 2, i + 4);
      if (rest[0] === '=' || rest[0] === '!' || rest === '<=' || rest === '<!') return 'look-around';
    }
  }
  return undefined;
}

/**
 * `a(?i)b`, which counts to the end of the expression, as `a(?i:b)`. Only outside of groups, and only when
 * no alternative follows: otherwise the text stays and does not compile.
 */
function scopeInlineFlags(source: string): string {
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') i++;
    else if (c === '[') i = endOfClass(source, i);
    else if (c === ')') depth--;
    else if (c === '(') {
      const flags = depth === 0 ? /^\(\?([ims]+)\)/.exec(source.slice(i, i + 8)) : null;
      if (flags === null) depth++;
      else {
        const rest = source.slice(i + flags[0].length);
        if (rest.includes('|')) return source;
        return `${source.slice(0, i)}(?${flags[1]}:${scopeInlineFlags(rest)})`;
      }
    }
  }
  return source;
}

/** Position of the bracket that closes a class. */
function endOfClass(source: string, start: number): number {
  let i = start + 1;
  if (source[i] === '^') i++;
  if (source[i] === ']') i++;
  for (; i < source.length && source[i] !== ']'; i++) if (source[i] === '\\') i++;
  return i;
}
