/**
 * A traffic report as it travels in a frame from a data plane to its control plane: JSON, bounded in octets. What
 * does not fit is counted as `other` of its kind, the rows with the least traffic first. What comes from the other
 * side is read as hostile.
 */
import {
  CELLS,
  COUNTS,
  Count,
  DIMENSIONS,
  DIRECTIONS,
  type Dimension,
  type Direction,
  OTHER,
} from './traffic-key.ts';
import { forEachRow, packCells, type TrafficReport, type TrafficRowKey } from './traffic-report.ts';

/** A row's key: dimension and direction by number, id, name, id and name of the service, pairs of statuses. */
export type WireKey = readonly [number, number, string, string, string, string, (readonly number[])?];

export interface WireReport {
  readonly keys: readonly WireKey[];
  readonly numbers: readonly number[];
}

/** Most octets of a report, about. */
export const WIRE_BYTES = 128 * 1024;
const MOST_ROWS = 4096;
const MOST_NUMBERS = 400_000;
const MOST_STATUSES = 200;
const MOST_TEXT = 512;
/** JSON around the texts of a key. */
const KEY_OVERHEAD = 32;

interface Row {
  readonly key: TrafficRowKey;
  readonly numbers: number[];
  readonly requests: number;
  readonly bytes: number;
}

export function toWire(report: TrafficReport, maxBytes: number = WIRE_BYTES): WireReport {
  const rows: Row[] = [];
  forEachRow(report, (key, counts, _pairs, end) => {
    const numbers = Array.from({ length: end - counts }, (_, at) => report.numbers[counts + at]!);
    rows.push({ key, numbers, requests: numbers[Count.requests]!, bytes: bytesOf(key, numbers) });
  });
  let bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  if (bytes > maxBytes) {
    rows.sort((a, b) => b.requests - a.requests);
    const others = new Map<string, { readonly key: TrafficRowKey; readonly cells: Uint32Array }>();
    while (rows.length > 0 && bytes + others.size * 4096 > maxBytes) {
      const row = rows.pop() as Row;
      bytes -= row.bytes;
      const { dimension, direction } = row.key;
      const text = `${dimension}|${direction}`;
      let other = others.get(text);
      if (other === undefined) {
        const key = { dimension, direction, id: OTHER, name: OTHER, serviceId: '', serviceName: '' };
        others.set(text, (other = { key, cells: new Uint32Array(CELLS) }));
      }
      addTo(other.cells, row.numbers);
    }
    for (const { key, cells } of others.values()) {
      const numbers: number[] = [];
      packCells(cells, numbers);
      rows.push({ key, numbers, requests: cells[Count.requests]!, bytes: 0 });
    }
  }
  return { keys: rows.map(({ key }) => wireKey(key)), numbers: rows.flatMap(({ numbers }) => numbers) };
}

function addTo(cells: Uint32Array, numbers: readonly number[]): void {
  for (let at = 0; at < COUNTS; at++) cells[at]! += numbers[at]!;
  for (let at = COUNTS + 1; at < numbers.length; at += 2) cells[numbers[at]!]! += numbers[at + 1]!;
}

function bytesOf(key: TrafficRowKey, numbers: readonly number[]): number {
  let bytes = KEY_OVERHEAD + 5 * (key.statuses?.length ?? 0);
  for (const text of [key.id, key.name, key.serviceId, key.serviceName]) bytes += Buffer.byteLength(text);
  for (const number of numbers) bytes += number < 10 ? 2 : number < 1000 ? 4 : 10;
  return bytes;
}

function wireKey({
  dimension,
  direction,
  id,
  name,
  serviceId,
  serviceName,
  statuses,
}: TrafficRowKey): WireKey {
  const key = [
    DIMENSIONS.indexOf(dimension),
    DIRECTIONS.indexOf(direction),
    cut(id),
    cut(name),
    cut(serviceId),
    cut(serviceName),
  ] as const;
  return statuses === undefined ? key : [...key, statuses.slice(0, MOST_STATUSES)];
}

function cut(text: string): string {
  return text.slice(0, MOST_TEXT);
}

/** Throws a RangeError that says what is wrong. */
export function readWire(value: unknown): WireReport {
  const { keys, numbers } = (value ?? {}) as { readonly keys?: unknown; readonly numbers?: unknown };
  if (!Array.isArray(keys) || keys.length > MOST_ROWS)
    throw new RangeError('traffic.keys is no list of rows');
  if (!isNumbers(numbers, MOST_NUMBERS)) throw new RangeError('traffic.numbers is no list of counts');
  for (const key of keys) {
    const isKey =
      Array.isArray(key) &&
      (key.length === 6 || key.length === 7) &&
      isIndex(key[0], DIMENSIONS.length) &&
      isIndex(key[1], DIRECTIONS.length) &&
      key.slice(2, 6).every((text) => typeof text === 'string' && text.length <= MOST_TEXT) &&
      (key.length === 6 || isStatuses(key[6]));
    if (!isKey) throw new RangeError('traffic.keys has something that is no key');
  }
  const report = { keys: keys as WireKey[], numbers };
  forEachRow(fromWire(report), (_key, _counts, pairs, end) => {
    for (let at = pairs; at < end; at += 2) {
      const position = numbers[at]!;
      if (position < COUNTS || position >= CELLS)
        throw new RangeError('traffic.numbers counts in a cell that does not exist');
    }
  });
  return report;
}

function isNumbers(value: unknown, most: number): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 32)
  );
}

function isIndex(value: unknown, length: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < length;
}

function isStatuses(value: unknown): boolean {
  return (
    isNumbers(value, MOST_STATUSES) &&
    value.length % 2 === 0 &&
    value.every((one, at) => at % 2 === 1 || (one >= 100 && one < 600))
  );
}

export function fromWire({ keys, numbers }: WireReport): TrafficReport {
  return {
    numbers,
    keys: keys.map(([dimension, direction, id, name, serviceId, serviceName, statuses]) => ({
      dimension: DIMENSIONS[dimension] as Dimension,
      direction: DIRECTIONS[direction] as Direction,
      id,
      name,
      serviceId,
      serviceName,
      ...(statuses === undefined ? {} : { statuses }),
    })),
  };
}
