/**
 * A JSON object from bytes, strictly: UTF-8, no member name twice (two readers would take different ones), not
 * nested deeper than 16. Anything else is undefined. Members are own properties: ask with `Object.hasOwn`.
 */

const { isUtf8 } = process.getBuiltinModule('node:buffer');

const MAX_DEPTH = 16;

export type JsonObject = Readonly<Record<string, unknown>>;

export function parseJsonObject(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return isUnambiguous(text) ? (value as JsonObject) : undefined;
}

/** `text` is known to be JSON: only strings and brackets have to be told apart. */
function isUnambiguous(text: string): boolean {
  /** One set of member names for each open object, null for an array. */
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.length === MAX_DEPTH) return false;
      open.push(character === '{' ? new Set() : null);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (names && isName(text, end)) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        if (names.has(name)) return false;
        names.add(name);
      }
      at = end;
    }
  }
  return true;
}

/** Index of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isName(text: string, end: number): boolean {
  let at = end + 1;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  return text[at] === ':';
}
