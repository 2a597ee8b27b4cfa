/** Ids in order. A fork shares the list of what it was made of until it is changed itself. */

export class SortedIds {
  #ids: string[];
  #shared: boolean;

  constructor(ids: string[] = [], shared = false) {
    this.#ids = ids;
    this.#shared = shared;
  }

  /** Holds as long as the original is not changed. */
  fork(): SortedIds {
    return new SortedIds(this.#ids, true);
  }

  get length(): number {
    return this.#ids.length;
  }

  /** In order. Never change it. */
  get list(): readonly string[] {
    return this.#ids;
  }

  /** Position of the first id that comes after `id`, whether `id` is among them or not. */
  after(id: string): number {
    const at = this.#position(id);
    return this.#ids[at] === id ? at + 1 : at;
  }

  add(id: string): void {
    const at = this.#position(id);
    if (this.#ids[at] === id) return;
    this.#unshare();
    if (at === this.#ids.length) this.#ids.push(id);
    else this.#ids.splice(at, 0, id);
  }

  delete(id: string): void {
    const at = this.#position(id);
    if (this.#ids[at] !== id) return;
    this.#unshare();
    this.#ids.splice(at, 1);
  }

  #unshare(): void {
    if (!this.#shared) return;
    this.#ids = this.#ids.slice();
    this.#shared = false;
  }

  /** Position of `id`, or where it belongs. */
  #position(id: string): number {
    const ids = this.#ids;
    const last = ids[ids.length - 1];
    // Bulk loads come in order.
    if (last === undefined || last < id) return ids.length;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ids[middle] as string) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
