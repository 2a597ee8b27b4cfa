/** Pairs of a query string or a urlencoded body, decoded. Nothing here becomes a property name. */
import { refuse } from './answer.ts';
import { percentDecode, percentDecodeLeniently } from './percent.ts';

/** Kong's limit for a query as well as for a form. */
export const MAX_ARGUMENTS = 1000;

export type Pair = readonly [name: string, value: string];

/** Of octets as a string (latin1). Throws a Refusal (400) for too many pairs and for what is not UTF-8. */
export function decodeForm(octets: string): readonly Pair[] {
  return pairs(octets, (text) => {
    const decoded = percentDecode(text, true);
    if (decoded === undefined) throw refuse(400, 'Cannot parse form body');
    return decoded;
  });
}

function pairs(octets: string, decode: (text: string) => string): readonly Pair[] {
  const found: Pair[] = [];
  let from = 0;
  while (from <= octets.length) {
    const next = octets.indexOf('&', from);
    const end = next === -1 ? octets.length : next;
    if (end > from) {
      if (found.length === MAX_ARGUMENTS) throw refuse(400, 'Too many arguments');
      const text = octets.slice(from, end);
      const equals = text.indexOf('=');
      found.push(
        equals === -1 ? [decode(text), ''] : [decode(text.slice(0, equals)), decode(text.slice(equals + 1))],
      );
    }
    from = end + 1;
  }
  return found;
}

export class Query {
  readonly #values = new Map<string, string[]>();

  /** Octets that are not UTF-8 become U+FFFD: no argument has such a value. */
  constructor(octets: string) {
    for (const [name, value] of pairs(octets, (text) => percentDecodeLeniently(text, true))) {
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else values.push(value);
    }
  }

  /** The first value; undefined when there is none. */
  first(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** `1` or `true`. */
  flag(name: string): boolean {
    const value = this.first(name);
    return value === '1' || value === 'true';
  }
}
