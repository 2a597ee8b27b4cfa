/**
 * Cuts long reading into slices, with a turn of the event loop after each: a large configuration is read without
 * keeping the supervisor from answering health checks. Counted in bytes and values rather than in time, so that
 * the same data is cut in the same places.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_VALUES = 500;
/** JSON.parse reads about 100 MB/s: 5 ms. */
const SLICE_LENGTH = 512 * 1024;

export class Slices {
  #values = 0;
  #length = 0;

  /** To be called for each value that was read; await what it returns, if it returns anything. */
  took(text: string): Promise<void> | undefined {
    this.#values++;
    this.#length += text.length;
    if (this.#values < SLICE_VALUES && this.#length < SLICE_LENGTH) return undefined;
    this.#values = 0;
    this.#length = 0;
    return nextTurn();
  }
}
