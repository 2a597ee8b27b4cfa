/**
 * A JSON object as named values. Numbers keep their digits. With `dots` a name like `a.b` is the member `b` of the
 * object `a`. Names are own properties whatever they are (`__proto__`).
 */
import type { NamedValues } from './changes.ts';

type JsonReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const JSON_EXACT = JSON as unknown as {
  parse(text: string, reviver: JsonReviver): unknown;
  rawJSON(text: string): unknown;
};
/** A number that would not be written as it was read. */
const INEXACT = /\d{16}|\d[.eE]|-0/;

type Members = Record<string, unknown>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}

function isRaw(value: object): boolean {
  return Object.getPrototypeOf(value) === null && 'rawJSON' in value;
}

function define(object: Members, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

export class JsonValues implements NamedValues {
  readonly #root: Members;
  readonly #dots: boolean;

  /** Undefined when the text is no JSON object. Empty text is an empty object. */
  static parse(text: string, dots: boolean): JsonValues | undefined {
    if (text === '') return new JsonValues({}, dots);
    try {
      const root = INEXACT.test(text)
        ? JSON_EXACT.parse(text, (_key, value, context) =>
            typeof value === 'number' && context.source !== undefined
              ? JSON_EXACT.rawJSON(context.source)
              : value,
          )
        : JSON.parse(text);
      return isObject(root) ? new JsonValues(root, dots) : undefined;
    } catch {
      return undefined;
    }
  }

  private constructor(root: Members, dots: boolean) {
    this.#root = root;
    this.#dots = dots;
  }

  /** `false` and what is missing are alike, as in Kong. */
  has(name: string): boolean {
    const value = this.#get(name);
    return value !== undefined && value !== false;
  }

  remove(name: string): void {
    const [place, member] = this.#place(name, false);
    if (place !== undefined) delete place[member];
  }

  rename(from: string, to: string): void {
    const value = this.#get(from);
    this.remove(from);
    this.set(to, value);
  }

  set(name: string, value: unknown): void {
    const [place, member] = this.#place(name, true);
    if (place !== undefined) define(place, member, value);
  }

  append(name: string, value: unknown): void {
    const known = this.#get(name);
    if (Array.isArray(known)) known.push(value);
    else this.set(name, known === undefined || known === null || isObject(known) ? [value] : [known, value]);
  }

  /** Throws a RangeError when it is nested too deeply to be written. */
  toString(): string {
    return JSON.stringify(this.#root);
  }

  #get(name: string): unknown {
    const [place, member] = this.#place(name, false);
    return place !== undefined && Object.hasOwn(place, member) ? place[member] : undefined;
  }

  #place(name: string, make: boolean): readonly [place: Members | undefined, member: string] {
    if (!this.#dots || !name.includes('.')) return [this.#root, name];
    const steps = name.split('.');
    const member = steps.pop()!;
    let place = this.#root;
    for (const step of steps) {
      let below = Object.hasOwn(place, step) ? place[step] : undefined;
      if (!isObject(below)) {
        // A value that is no object is not replaced by one.
        if (!make || below !== undefined) return [undefined, member];
        below = {};
        define(place, step, below);
      }
      place = below as Members;
    }
    return [place, member];
  }
}
