/** Reports of several engines as one, for a node that hands on less often than its workers do. Bounded in keys. */
import { CELLS, COUNTS, OTHER } from './traffic-key.ts';
import { forEachRow, packCells, type TrafficReport, type TrafficRowKey } from './traffic-report.ts';

const MOST_KEYS = 4096;

interface Merged {
  readonly key: TrafficRowKey;
  readonly cells: Uint32Array;
  readonly statuses: Map<number, number>;
}

export class MergedReport {
  #rows = new Map<string, Merged>();

  add(report: TrafficReport): void {
    const { numbers } = report;
    forEachRow(report, (key, counts, pairs, end) => {
      const { cells, statuses } = this.#row(key);
      for (let at = 0; at < COUNTS; at++) cells[at]! += numbers[counts + at]!;
      for (let at = pairs; at < end; at += 2) cells[numbers[at]!]! += numbers[at + 1]!;
      const { statuses: more = [] } = key;
      for (let at = 0; at + 1 < more.length; at += 2)
        statuses.set(more[at]!, (statuses.get(more[at]!) ?? 0) + more[at + 1]!);
    });
  }

  /** What was added since the last call. */
  take(): TrafficReport {
    const keys: TrafficRowKey[] = [];
    const numbers: number[] = [];
    for (const { key, cells, statuses } of this.#rows.values()) {
      keys.push(statuses.size === 0 ? key : { ...key, statuses: [...statuses].flat() });
      packCells(cells, numbers);
    }
    this.#rows = new Map();
    return { keys, numbers };
  }

  #row(key: TrafficRowKey): Merged {
    const text = `${key.dimension}|${key.direction}|${key.id}|${key.serviceId}`;
    let row = this.#rows.get(text);
    if (row === undefined) {
      const { dimension, direction } = key;
      if (key.id !== OTHER && this.#rows.size >= MOST_KEYS)
        return this.#row({ dimension, direction, id: OTHER, name: OTHER, serviceId: '', serviceName: '' });
      row = { key, cells: new Uint32Array(CELLS), statuses: new Map() };
      this.#rows.set(text, row);
    }
    return row;
  }
}
