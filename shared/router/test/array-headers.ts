/** A plain implementation of `Headers` for the router's tests. */
import type { Headers } from '../../http/headers.ts';

export class ArrayHeaders implements Headers {
  readonly #lines: [string, string][];

  constructor(lines: readonly (readonly [string, string])[] = []) {
    this.#lines = lines.map(([name, value]) => [name, value]);
  }

  get size(): number {
    return this.#lines.length;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#lines.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  set(name: string, value: string): void {
    this.remove(name);
    this.append(name, value);
  }

  append(name: string, value: string): void {
    this.#lines.push([name, value]);
  }

  remove(name: string): boolean {
    const wanted = name.toLowerCase();
    const before = this.#lines.length;
    const kept = this.#lines.filter(([key]) => key.toLowerCase() !== wanted);
    this.#lines.splice(0, before, ...kept);
    return kept.length < before;
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#lines) visit(name, value);
  }
}
