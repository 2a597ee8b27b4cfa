/** Distinguished names (RFC 4514): what a client says is one attribute value and nothing else. */

const SPECIAL = /[\x00-\x1f",+;<=>\\\x7f]|^[ #]| $/g;

/** Escapes a value so that it cannot end, and no other can begin. */
export function escapeValue(value: string): string {
  return value.replace(SPECIAL, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
