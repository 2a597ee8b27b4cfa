/**
 * What one engine counted since its last report, as it travels: from a worker to its supervisor, from a data plane
 * to its control plane. Names of keys on one side, all numbers in one array on the other.
 *
 * Numbers of a row: the counters (`Count`), how many pairs follow, then pairs of position (among the histograms'
 * cells, from `COUNTS` on) and count.
 */
import { CELLS, COUNTS, type Dimension, type Direction } from './traffic-key.ts';

export interface TrafficRowKey {
  readonly dimension: Dimension;
  readonly direction: Direction;
  readonly id: string;
  readonly name: string;
  readonly serviceId: string;
  readonly serviceName: string;
  /** Of a plugin: pairs of status and count. */
  readonly statuses?: readonly number[];
}

export interface TrafficReport {
  readonly keys: readonly TrafficRowKey[];
  readonly numbers: ArrayLike<number>;
}

/** Called with each row: its key, where its counters begin, where its pairs begin and end. */
export type RowVisitor = (key: TrafficRowKey, counts: number, pairs: number, end: number) => void;

/** Throws a RangeError when keys and numbers do not belong together. */
export function forEachRow({ keys, numbers }: TrafficReport, visit: RowVisitor): void {
  let at = 0;
  for (const key of keys) {
    const pairs = at + COUNTS + 1;
    const end = pairs + 2 * (numbers[pairs - 1] ?? Number.NaN);
    if (!(end <= numbers.length)) throw new RangeError('a row of a traffic report has no end');
    visit(key, at, pairs, end);
    at = end;
  }
  if (at !== numbers.length) throw new RangeError('a traffic report has numbers that belong to nothing');
}

/** Appends one row's numbers. */
export function packCells(cells: Uint32Array, into: number[]): void {
  for (let at = 0; at < COUNTS; at++) into.push(cells[at]!);
  const pairs = into.push(0) - 1;
  for (let at = COUNTS; at < CELLS; at++) {
    const count = cells[at]!;
    if (count !== 0) into.push(at, count);
  }
  into[pairs] = (into.length - pairs - 1) / 2;
}
