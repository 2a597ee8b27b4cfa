/** Names of the keys of one store. All have its prefix as their hash tag, and so lie on one node of a cluster. */
export class StoreKeys {
  readonly head: string;
  readonly entities: string;
  readonly history: string;
  /** A channel, not a key. */
  readonly changed: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `{${prefix}}:`;
    this.head = `${this.#prefix}head`;
    this.entities = `${this.#prefix}entities`;
    this.history = `${this.#prefix}history`;
    this.changed = `${this.#prefix}changed`;
  }

  abandoned(token: string): string {
    return `${this.#prefix}abandoned:${token}`;
  }

  documents(kind: string): string {
    return `${this.#prefix}documents:${kind}`;
  }

  ends(kind: string): string {
    return `${this.#prefix}ends:${kind}`;
  }
}
