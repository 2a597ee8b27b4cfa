/**
 * Latencies with three significant digits from 1 us to 60 s, as HdrHistogram keeps them. Histograms of several
 * rounds are merged, count by count; percentiles are never averaged. A request that was never answered counts as
 * infinitely slow, so that losing requests cannot make a pattern look fast.
 */

/** Values below this are exact; above, each doubling is cut into half as many steps (a step is < 0.1 %). */
const SUB_BUCKETS = 2048;
const HALF = SUB_BUCKETS / 2;
export const HIGHEST_US = 60_000_000;
const SLOTS = indexOf(HIGHEST_US) + 1;

/** What a histogram is in JSON: pairs of slot and count. */
export interface StoredHistogram {
  readonly slots: readonly (readonly [number, number])[];
  readonly infinite: number;
  /** Exact sum of the finite values, microseconds. */
  readonly sumUs: number;
}

function indexOf(us: number): number {
  if (us < SUB_BUCKETS) return us;
  const doublings = 31 - Math.clz32(us) - 10;
  return doublings * HALF + (us >> doublings);
}

/** The middle of what a slot stands for. */
function middleOf(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const doublings = Math.floor(index / HALF) - 1;
  const low = (index - doublings * HALF) * 2 ** doublings;
  return low + 2 ** (doublings - 1);
}

export class Histogram {
  /** Finite values. */
  count = 0;
  infinite = 0;
  sumUs = 0;
  private readonly slots = new Float64Array(SLOTS);

  static from(stored: StoredHistogram): Histogram {
    const histogram = new Histogram();
    for (const [index, count] of stored.slots) {
      if (!(index >= 0 && index < SLOTS && count >= 0)) throw new Error('not a stored histogram');
      histogram.slots[index]! += count;
      histogram.count += count;
    }
    histogram.infinite = stored.infinite;
    histogram.sumUs = stored.sumUs;
    return histogram;
  }

  static merged(all: readonly StoredHistogram[]): Histogram {
    const result = new Histogram();
    for (const one of all) result.add(Histogram.from(one));
    return result;
  }

  record(us: number): void {
    const whole = Math.min(HIGHEST_US, Math.max(1, Math.round(us)));
    this.slots[indexOf(whole)]!++;
    this.count++;
    this.sumUs += us;
  }

  recordInfinite(): void {
    this.infinite++;
  }

  add(other: Histogram): void {
    for (let index = 0; index < SLOTS; index++) this.slots[index]! += other.slots[index]!;
    this.count += other.count;
    this.infinite += other.infinite;
    this.sumUs += other.sumUs;
  }

  get total(): number {
    return this.count + this.infinite;
  }

  /** Mean of the finite values; NaN when there is none. */
  get meanUs(): number {
    return this.sumUs / this.count;
  }

  /** `q` from 0 to 1, over all requests, unanswered ones included. NaN when empty, Infinity where it is one of those. */
  quantileUs(q: number): number {
    if (this.total === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.total));
    let seen = 0;
    for (let index = 0; index < SLOTS; index++) {
      seen += this.slots[index]!;
      if (seen >= rank) return middleOf(index);
    }
    return Number.POSITIVE_INFINITY;
  }

  get maxUs(): number {
    return this.quantileUs(1);
  }

  stored(): StoredHistogram {
    const slots: [number, number][] = [];
    for (let index = 0; index < SLOTS; index++) {
      const count = this.slots[index]!;
      if (count > 0) slots.push([index, count]);
    }
    return { slots, infinite: this.infinite, sumUs: this.sumUs };
  }
}
