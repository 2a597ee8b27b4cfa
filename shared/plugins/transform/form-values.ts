/** Query strings and urlencoded bodies as named values. Pairs that nothing changes stay as they were written. */
import type { NamedValues } from './changes.ts';

interface Pair {
  readonly name: string;
  /** As it is written: `name=value`. */
  readonly text: string;
}

/** Kong's bound on arguments. */
const MAX_PAIRS = 1000;

export class FormValues implements NamedValues {
  #pairs: Pair[] = [];
  /** The text holds more pairs than are looked at. */
  readonly tooMany: boolean;

  constructor(text: string) {
    const parts = text.split('&', MAX_PAIRS + 1);
    this.tooMany = parts.length > MAX_PAIRS;
    for (const part of parts)
      if (part !== '') this.#pairs.push({ name: decoded(part.split('=', 1)[0]!), text: part });
  }

  get isEmpty(): boolean {
    return this.#pairs.length === 0;
  }

  has(name: string): boolean {
    return this.#pairs.some((pair) => pair.name === name);
  }

  remove(name: string): void {
    this.#pairs = this.#pairs.filter((pair) => pair.name !== name);
  }

  rename(from: string, to: string): void {
    if (from === to) return;
    this.remove(to);
    this.#pairs = this.#pairs.map((pair) => {
      if (pair.name !== from) return pair;
      const equals = pair.text.indexOf('=');
      return { name: to, text: encoded(to) + (equals < 0 ? '' : pair.text.slice(equals)) };
    });
  }

  set(name: string, value: unknown): void {
    const made = { name, text: `${encoded(name)}=${encoded(String(value))}` };
    const at = this.#pairs.findIndex((pair) => pair.name === name);
    this.remove(name);
    this.#pairs.splice(at < 0 ? this.#pairs.length : Math.min(at, this.#pairs.length), 0, made);
  }

  append(name: string, value: unknown): void {
    this.#pairs.push({ name, text: `${encoded(name)}=${encoded(String(value))}` });
  }

  /** Takes over all pairs of another one. */
  appendAll(other: FormValues): void {
    this.#pairs.push(...other.#pairs);
  }

  toString(): string {
    return this.#pairs.map((pair) => pair.text).join('&');
  }
}

function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
