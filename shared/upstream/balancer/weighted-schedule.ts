/**
 * Weighted turns, spread evenly: an earliest-deadline-first schedule. With weights reduced by their
 * greatest common divisor to w1..wn, every w1+..+wn turns give entry i exactly wi of them, and the
 * turns of a heavy entry are spread over the period instead of coming in a row. Memory is O(n)
 * whatever the weights are (a wheel would need their sum), a turn is O(log n) and allocates nothing.
 */

/** Its multiples modulo 1 are spread as evenly as can be, for any number of entries. */
const GOLDEN_RATIO = 0.6180339887498949;

export class WeightedSchedule {
  readonly #weights: Float64Array;
  /** Turns taken in this period, per entry. */
  readonly #taken: Float64Array;
  /** Where in the period, 0 to 1, the next turn of each entry lies: (taken + phase) / weight. */
  readonly #deadlines: Float64Array;
  /** Binary min-heap of entries by deadline, then index. */
  readonly #heap: Uint32Array;
  /** Above 0 and below 1; different for each entry so that light entries do not come all at once. */
  readonly #phases: Float64Array;
  readonly #period: number;
  #left = 0;

  /** `weights`: integers above zero, at least one. */
  constructor(weights: readonly number[]) {
    const divisor = weights.reduce(greatestCommonDivisor);
    const size = weights.length;
    this.#weights = new Float64Array(size);
    this.#taken = new Float64Array(size);
    this.#deadlines = new Float64Array(size);
    this.#heap = new Uint32Array(size);
    this.#phases = new Float64Array(size);
    let period = 0;
    for (let i = 0; i < size; i++) {
      const weight = weights[i]! / divisor;
      this.#weights[i] = weight;
      this.#phases[i] = (0.5 + i * GOLDEN_RATIO) % 1;
      period += weight;
    }
    this.#period = period;
    this.#restart();
  }

  /** Index of the entry whose turn it is. */
  next(): number {
    const entry = this.#heap[0]!;
    if (--this.#left === 0) {
      this.#restart();
      return entry;
    }
    const taken = this.#taken[entry]! + 1;
    this.#taken[entry] = taken;
    this.#deadlines[entry] = (taken + this.#phases[entry]!) / this.#weights[entry]!;
    this.#sift(0);
    return entry;
  }

  #restart(): void {
    const size = this.#heap.length;
    this.#left = this.#period;
    for (let i = 0; i < size; i++) {
      this.#taken[i] = 0;
      this.#deadlines[i] = this.#phases[i]! / this.#weights[i]!;
      this.#heap[i] = i;
    }
    for (let i = (size >>> 1) - 1; i >= 0; i--) this.#sift(i);
  }

  #sift(from: number): void {
    const heap = this.#heap;
    const size = heap.length;
    let at = from;
    const entry = heap[at]!;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#deadlines[a]! - this.#deadlines[b]!;
    return difference < 0 || (difference === 0 && a < b);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
