/**
 * The metrics of one worker: families of series whose values live in one typed array. A handle is bound
 * once, when a plugin is created; using it is an addition, never a look-up by labels.
 *
 * The number of series of a family is bounded: label values past the bound all share one series whose
 * labels are `overflow`. Nothing here reads the clock, does I/O or knows about other workers; see
 * `metrics-merge.ts` and `prometheus-text.ts`.
 */
import type { Counter, Gauge, Histogram, MetricFamily, Metrics } from '../plugins/contract.ts';

const { randomUUID } = process.getBuiltinModule('node:crypto');

export type MetricType = 'counter' | 'gauge' | 'histogram';
/** How the gauges of several workers become one: added up, or the greatest (for facts like `..._info`). */
export type GaugeMerge = 'sum' | 'max';

export interface FamilySnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly merge: GaugeMerge;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, without `+Inf`; empty otherwise. */
  readonly buckets: readonly number[];
  /** Label values of each series. */
  readonly series: readonly (readonly string[])[];
  /**
   * Values of each series in order: one number, or for a histogram one count a bucket (not cumulative),
   * the count above the last bucket, and the sum.
   */
  readonly values: Float64Array;
}

/** Survives `structuredClone` and `postMessage`. */
export interface MetricsSnapshot {
  /** Of the registry that made it: a worker that was replaced has another one. */
  readonly instance: string;
  readonly families: readonly FamilySnapshot[];
}

export interface MetricsOptions {
  /** Default 2,000. */
  readonly maxSeriesPerFamily?: number;
}

export const OVERFLOW_LABEL = 'overflow';
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The numbers behind all handles; grown by doubling, so handles go through it and never keep the array. */
class Cells {
  values = new Float64Array(256);
  used = 0;

  allocate(count: number): number {
    const at = this.used;
    this.used += count;
    if (this.used > this.values.length) {
      const grown = new Float64Array(Math.max(this.used, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    return at;
  }
}

class CounterHandle implements Counter {
  readonly #cells: Cells;
  readonly #at: number;
  constructor(cells: Cells, at: number) {
    this.#cells = cells;
    this.#at = at;
  }
  /** A negative or NaN amount is ignored: a counter only goes up. */
  add(amount: number): void {
    if (amount > 0) this.#cells.values[this.#at]! += amount;
  }
}

class GaugeHandle implements Gauge {
  readonly #cells: Cells;
  readonly #at: number;
  constructor(cells: Cells, at: number) {
    this.#cells = cells;
    this.#at = at;
  }
  set(value: number): void {
    this.#cells.values[this.#at] = value;
  }
}

class HistogramHandle implements Histogram {
  readonly #cells: Cells;
  readonly #at: number;
  readonly #buckets: Float64Array;
  constructor(cells: Cells, at: number, buckets: Float64Array) {
    this.#cells = cells;
    this.#at = at;
    this.#buckets = buckets;
  }
  observe(value: number): void {
    const buckets = this.#buckets;
    const length = buckets.length;
    let bucket = 0;
    // Latencies are mostly small, so the first buckets are the likely ones.
    while (bucket < length && value > buckets[bucket]!) bucket++;
    const values = this.#cells.values;
    values[this.#at + bucket]! += 1;
    values[this.#at + length + 1]! += value;
  }
}

class Family<H> implements MetricFamily<H> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly merge: GaugeMerge;
  readonly labels: readonly string[];
  readonly buckets: Float64Array;
  readonly #cells: Cells;
  readonly #bound: number;
  readonly #handles = new Map<string, H>();
  readonly #series: { readonly labels: readonly string[]; readonly at: number }[] = [];
  #overflow: H | undefined;

  constructor(
    cells: Cells,
    bound: number,
    definition: Omit<FamilySnapshot, 'series' | 'values' | 'buckets'> & { buckets: readonly number[] },
  ) {
    this.#cells = cells;
    this.#bound = bound;
    this.name = definition.name;
    this.help = definition.help;
    this.type = definition.type;
    this.merge = definition.merge;
    this.labels = definition.labels;
    this.buckets = Float64Array.from(definition.buckets);
  }

  with(...values: string[]): H {
    if (values.length !== this.labels.length) {
      throw new TypeError(
        `${this.name} has the labels (${this.labels.join(', ')}), got ${values.length} values`,
      );
    }
    const key = values.length === 1 ? values[0]! : JSON.stringify(values);
    let handle = this.#handles.get(key);
    if (handle !== undefined) return handle;
    if (this.#handles.size >= this.#bound) {
      this.#overflow ??= this.#open(this.labels.map(() => OVERFLOW_LABEL));
      return this.#overflow;
    }
    handle = this.#open(values);
    this.#handles.set(key, handle);
    return handle;
  }

  snapshot(): FamilySnapshot {
    const width = this.#width();
    const values = new Float64Array(this.#series.length * width);
    for (const [index, series] of this.#series.entries()) {
      values.set(this.#cells.values.subarray(series.at, series.at + width), index * width);
    }
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      merge: this.merge,
      labels: this.labels,
      buckets: [...this.buckets],
      series: this.#series.map((series) => series.labels),
      values,
    };
  }

  #width(): number {
    return this.type === 'histogram' ? this.buckets.length + 2 : 1;
  }

  #open(labels: readonly string[]): H {
    const at = this.#cells.allocate(this.#width());
    this.#series.push({ labels, at });
    const handle: unknown =
      this.type === 'histogram'
        ? new HistogramHandle(this.#cells, at, this.buckets)
        : this.type === 'gauge'
          ? new GaugeHandle(this.#cells, at)
          : new CounterHandle(this.#cells, at);
    return handle as H;
  }
}

/** One worker's metrics. Asking twice for the same family gives the same one. */
export class MetricsRegistry implements Metrics {
  readonly #instance = randomUUID();
  readonly #cells = new Cells();
  readonly #families = new Map<string, Family<unknown>>();
  readonly #bound: number;

  constructor(options: MetricsOptions = {}) {
    this.#bound = options.maxSeriesPerFamily ?? 2_000;
  }

  counter(name: string, help: string, labels: readonly string[] = []): MetricFamily<Counter> {
    return this.#family({ name, help, type: 'counter', merge: 'sum', labels, buckets: [] });
  }

  gauge(
    name: string,
    help: string,
    labels: readonly string[] = [],
    merge: GaugeMerge = 'sum',
  ): MetricFamily<Gauge> {
    return this.#family({ name, help, type: 'gauge', merge, labels, buckets: [] });
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly string[] = [],
  ): MetricFamily<Histogram> {
    if (buckets.length === 0 || buckets.some((bound, index) => index > 0 && bound <= buckets[index - 1]!)) {
      throw new TypeError(`the buckets of ${name} must be ascending`);
    }
    return this.#family({ name, help, type: 'histogram', merge: 'sum', labels, buckets });
  }

  snapshot(): MetricsSnapshot {
    return {
      instance: this.#instance,
      families: [...this.#families.values()].map((family) => family.snapshot()),
    };
  }

  #family<H>(definition: Omit<FamilySnapshot, 'series' | 'values'>): Family<H> {
    const known = this.#families.get(definition.name);
    if (known !== undefined) {
      const same =
        known.type === definition.type &&
        known.labels.join() === definition.labels.join() &&
        known.buckets.join() === definition.buckets.join();
      if (!same) throw new TypeError(`the metric ${definition.name} exists with another type or labels`);
      return known as Family<H>;
    }
    if (!METRIC_NAME.test(definition.name)) throw new TypeError(`bad metric name ${definition.name}`);
    for (const label of definition.labels) {
      if (!LABEL_NAME.test(label)) throw new TypeError(`bad label name ${label} of ${definition.name}`);
    }
    const family = new Family<H>(this.#cells, this.#bound, definition);
    this.#families.set(definition.name, family);
    return family;
  }
}
