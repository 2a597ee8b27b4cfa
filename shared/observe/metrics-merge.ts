/**
 * Makes one set of metrics out of those of several workers, living and dead. Counters and histograms are
 * added up and never go backwards; gauges follow their family's rule and end with their worker.
 */
import type { FamilySnapshot, MetricsSnapshot } from './metrics.ts';

/** The sum of the snapshots. Families with the same name must have the same labels; others are left out. */
export function mergeSnapshots(list: readonly MetricsSnapshot[]): MetricsSnapshot {
  if (list.length === 1) return list[0]!;
  const families = new Map<string, Merged>();
  for (const snapshot of list) {
    for (const family of snapshot.families) {
      let merged = families.get(family.name);
      if (merged === undefined) families.set(family.name, (merged = new Merged(family)));
      merged.add(family);
    }
  }
  return { instance: 'merged', families: [...families.values()].map((merged) => merged.snapshot()) };
}

class Merged {
  readonly #first: FamilySnapshot;
  readonly #width: number;
  readonly #rows = new Map<string, { readonly labels: readonly string[]; readonly values: number[] }>();

  constructor(first: FamilySnapshot) {
    this.#first = first;
    this.#width = widthOf(first);
  }

  add(family: FamilySnapshot): void {
    const first = this.#first;
    if (
      family.type !== first.type ||
      widthOf(family) !== this.#width ||
      family.labels.join() !== first.labels.join()
    ) {
      return;
    }
    const greatest = first.type === 'gauge' && first.merge === 'max';
    for (const [index, labels] of family.series.entries()) {
      const key = JSON.stringify(labels);
      const at = index * this.#width;
      const row = this.#rows.get(key);
      if (row === undefined) {
        this.#rows.set(key, { labels, values: [...family.values.subarray(at, at + this.#width)] });
        continue;
      }
      for (let cell = 0; cell < this.#width; cell++) {
        const value = family.values[at + cell]!;
        row.values[cell] = greatest ? Math.max(row.values[cell]!, value) : row.values[cell]! + value;
      }
    }
  }

  snapshot(): FamilySnapshot {
    const rows = [...this.#rows.values()];
    return {
      ...this.#first,
      series: rows.map((row) => row.labels),
      values: Float64Array.from(rows.flatMap((row) => row.values)),
    };
  }
}

function widthOf(family: FamilySnapshot): number {
  return family.type === 'histogram' ? family.buckets.length + 2 : 1;
}

/** Keeps the last snapshot of every worker; a supervisor has one. */
export class MetricAggregator {
  readonly #workers = new Map<string | number, MetricsSnapshot>();
  /** Counters and histograms of all workers that are gone. */
  #retired: MetricsSnapshot | undefined;

  /** Takes a worker's newest snapshot. One of another registry under the same id retires the old one. */
  update(workerId: string | number, snapshot: MetricsSnapshot): void {
    const known = this.#workers.get(workerId);
    if (known !== undefined && known.instance !== snapshot.instance) this.retire(workerId);
    this.#workers.set(workerId, snapshot);
  }

  /** The worker is gone: what it counted stays, its gauges go. */
  retire(workerId: string | number): void {
    const last = this.#workers.get(workerId);
    if (last === undefined) return;
    this.#workers.delete(workerId);
    const counted = { ...last, families: last.families.filter((family) => family.type !== 'gauge') };
    this.#retired = this.#retired === undefined ? counted : mergeSnapshots([this.#retired, counted]);
  }

  merged(): MetricsSnapshot {
    const living = [...this.#workers.values()];
    return mergeSnapshots(this.#retired === undefined ? living : [this.#retired, ...living]);
  }
}
