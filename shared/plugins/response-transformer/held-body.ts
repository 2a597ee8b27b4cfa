/** A response body that is held until its end because it is to be changed as a whole, up to a bound. */
export class HeldBody {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when it has become too long: what `all` gives goes on as it is, and so does what follows. */
  add(piece: Buffer): boolean {
    if (piece.length > 0) this.#pieces.push(piece);
    this.#length += piece.length;
    return this.#length <= this.#limit;
  }

  all(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return all;
  }
}
