/**
 * Decides when those who watch a store are called: when its head (generation and who made it) is one that was
 * neither loaded, nor written here, nor told before. A head that went back (a restored backup, a failover that
 * lost a write) is news as well.
 */

export class ChangeSignal {
  readonly #listeners = new Set<() => void>();
  #known: string;
  #writing = 0;
  #writes = 0;

  /** `initial`: the head of a store in which nothing was ever written. */
  constructor(initial: string) {
    this.#known = initial;
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** A write of this process is under way. */
  get isWriting(): boolean {
    return this.#writing > 0;
  }

  add(listener: () => void): () => void {
    // Wrapped, so that the same function can watch twice.
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /**
   * What was loaded before anybody watched is known. Later loads say nothing about who else in this process has
   * seen the change, so that watchers are told all the same.
   */
  loaded(head: string): void {
    if (!this.watched) this.#known = head;
  }

  /** Brackets a write of this process: what is observed meanwhile may be its own. */
  writing(): void {
    this.#writing++;
  }

  /** `head` is what the write made; undefined when it made nothing or nobody knows. */
  written(head: string | undefined): void {
    this.#writing--;
    this.#writes++;
    if (head !== undefined) this.#known = head;
  }

  /** To be taken before the head is read, and given to `observed` with it. */
  get moment(): number {
    return this.#writes;
  }

  /** False when a write of this process makes the observation worthless: look again. */
  observed(head: string, moment: number): boolean {
    if (this.#writing > 0 || moment !== this.#writes) return false;
    if (head !== this.#known) {
      this.#known = head;
      for (const listener of [...this.#listeners]) listener();
    }
    return true;
  }
}
