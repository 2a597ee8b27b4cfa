/** Comparison of secrets in a time that does not tell how much of them is right. */

const { timingSafeEqual } = process.getBuiltinModule('node:crypto');

/** The length may show. */
export function sameSecret(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
