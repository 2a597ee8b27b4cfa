/**
 * A JSON object from octets of the network. What `JSON.parse` would take and the rest of the program should not
 * meet is refused here: nesting without end, text that is no Unicode.
 */

/** As deep as Kong's parser goes. */
const MAX_DEPTH = 1000;
const decoder = new TextDecoder('utf-8', { fatal: true });
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Undefined when it is no JSON object. */
export function jsonObject(octets: Buffer): Record<string, unknown> | undefined {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(octets);
    if (tooDeep(text)) return undefined;
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (SURROGATE_ESCAPE.test(text) && !wellFormed(value)) return undefined;
  return value as Record<string, unknown>;
}

function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** No half of a surrogate pair anywhere. */
function wellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, element]) => key.isWellFormed() && wellFormed(element));
}
