/** Header lines in an array: the simplest thing that keeps the `Headers` contract, for tests. */
import type { Headers } from '../../http/headers.ts';
import { isFieldValue, isToken } from '../../http/octets.ts';

export type HeaderInput =
  | Readonly<Record<string, string | readonly string[]>>
  | readonly (readonly [string, string])[];

export class HeaderList implements Headers {
  #lines: [string, string][] = [];

  constructor(input: HeaderInput = []) {
    const lines = Array.isArray(input) ? (input as readonly (readonly [string, string])[]) : [];
    for (const [name, value] of lines) this.append(name, value);
    if (Array.isArray(input)) return;
    for (const [name, value] of Object.entries(input as Record<string, string | readonly string[]>)) {
      for (const one of typeof value === 'string' ? [value] : value) this.append(name, one);
    }
  }

  get size(): number {
    return this.#lines.length;
  }

  get(name: string): string | undefined {
    return this.#lines.find((line) => same(line[0], name))?.[1];
  }

  getAll(name: string): string[] {
    return this.#lines.filter((line) => same(line[0], name)).map((line) => line[1]);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    check(name, value);
    const at = this.#lines.findIndex((line) => same(line[0], name));
    if (at === -1) {
      this.#lines.push([name, value]);
      return;
    }
    this.#lines[at] = [name, value];
    this.#lines = this.#lines.filter((line, index) => index <= at || !same(line[0], name));
  }

  append(name: string, value: string): void {
    check(name, value);
    this.#lines.push([name, value]);
  }

  remove(name: string): boolean {
    const before = this.#lines.length;
    this.#lines = this.#lines.filter((line) => !same(line[0], name));
    return this.#lines.length < before;
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#lines) visit(name, value);
  }

  forEachName(visit: (name: string) => void): void {
    for (const [name] of this.#lines) visit(name);
  }

  /** By lower-case name; a repeated header is an array. */
  toObject(): Record<string, string | string[]> {
    const object: Record<string, string | string[]> = Object.create(null);
    for (const [written, value] of this.#lines) {
      const name = written.toLowerCase();
      const known = object[name];
      object[name] = known === undefined ? value : [known, value].flat();
    }
    return object;
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function check(name: string, value: string): void {
  if (!isToken(name)) throw new TypeError(`not a header name: ${JSON.stringify(name)}`);
  if (!isFieldValue(value)) throw new TypeError(`not a header value: ${JSON.stringify(value)}`);
}
