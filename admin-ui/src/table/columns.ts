/** What a table shows of a row: one column, its value to sort and filter by, and its look. */
import type { ReactNode } from 'react';

export type CellValue = string | number | boolean | null | undefined;

export interface TableColumn<Row> {
  readonly id: string;
  readonly header: string;
  /** Sorted, filtered and exported by. */
  readonly value: (row: Row) => CellValue;
  /** Instead of the value as text. */
  readonly cell?: (row: Row) => ReactNode;
  /** Pixels; columns without one share what is left. */
  readonly width?: number;
  readonly numeric?: boolean;
  /** Not shown until it is chosen. */
  readonly hidden?: boolean;
  readonly mono?: boolean;
  /** Shown of itself only where there is room for it. */
  readonly wide?: boolean;
}

export function cellText(value: CellValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** What a filter looks at: all columns, hidden ones too, and the tags. */
export function rowText<Row>(columns: readonly TableColumn<Row>[], row: Row): string {
  return columns
    .map(({ value }) => cellText(value(row)))
    .join('\n')
    .toLowerCase();
}

/**
 * `word other column:part`: all must hold. A column is named by its id; what names none is a word.
 */
export function rowFilter<Row>(
  columns: readonly TableColumn<Row>[],
  filter: string,
): ((row: Row, text: string) => boolean) | undefined {
  const words = filter
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const tests = words.map((word) => {
    const colon = word.indexOf(':');
    const column = colon > 0 ? columns.find(({ id }) => id === word.slice(0, colon)) : undefined;
    if (column === undefined) return (_row: Row, text: string) => text.includes(word);
    const part = word.slice(colon + 1);
    return (row: Row) => cellText(column.value(row)).toLowerCase().includes(part);
  });
  return (row, text) => tests.every((test) => test(row, text));
}

/** RFC 4180; what a spreadsheet would run as a formula stays text. */
export function csvOf<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const quote = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [
    columns.map(({ header }) => quote(header)),
    ...rows.map((row) => columns.map(({ value }) => quote(cellText(value(row))))),
  ];
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}
