/** Content codings that a client takes (RFC 9110, section 12.5.3), of those that a file is there in. */

/**
 * The first of `available` that `accept` allows; `identity` when it names none of them. `available` is in order of
 * preference, `identity` last.
 */
export function chosenCoding(accept: string | undefined, available: Iterable<string>): string {
  if (accept === undefined || accept.length > 256) return 'identity';
  const weights = new Map<string, number>();
  for (const part of accept.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith('q='));
    weights.set(name, q === undefined ? 1 : Number(q.slice(2)));
  }
  for (const coding of available) {
    if (coding !== 'identity' && (weights.get(coding) ?? weights.get('*') ?? 0) > 0) return coding;
  }
  return 'identity';
}
