/** A map that may lie over another one: what is set or deleted in it does not touch the one below. */

export class LayeredMap<V extends NonNullable<unknown>> {
  readonly #base: LayeredMap<V> | undefined;
  /** Null: there is one below, but not here. */
  readonly #own = new Map<string, V | null>();

  constructor(base?: LayeredMap<V>) {
    this.#base = base;
  }

  get(key: string): V | undefined {
    const own = this.#own.get(key);
    if (own !== undefined) return own ?? undefined;
    return this.#base?.get(key);
  }

  /** Only what was set in this layer. */
  own(key: string): V | undefined {
    return this.#own.get(key) ?? undefined;
  }

  set(key: string, value: V): void {
    this.#own.set(key, value);
  }

  delete(key: string): void {
    if (this.#base === undefined) this.#own.delete(key);
    else this.#own.set(key, null);
  }

  *entries(): Generator<readonly [string, V]> {
    if (this.#base !== undefined) {
      for (const entry of this.#base.entries()) if (!this.#own.has(entry[0])) yield entry;
    }
    for (const [key, value] of this.#own) if (value !== null) yield [key, value];
  }
}
