import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, rowFilter, rowText, type TableColumn } from '../../src/table/columns.ts';

interface Row {
  readonly name: string;
  readonly host: string;
  readonly on: boolean;
}
const COLUMNS: readonly TableColumn<Row>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name },
  { id: 'host', header: 'Host', value: (row) => row.host, hidden: true },
  { id: 'on', header: 'On', value: (row) => row.on },
];
const ROWS: readonly Row[] = [
  { name: 'Orders', host: 'orders.example', on: true },
  { name: 'payments', host: 'pay.example', on: false },
];
const kept = (filter: string) => {
  const keep = rowFilter(COLUMNS, filter);
  return ROWS.filter((row) => keep === undefined || keep(row, rowText(COLUMNS, row))).map(({ name }) => name);
};

test('a filter is words in any column, or in one of them', () => {
  assert.deepEqual(kept(''), ['Orders', 'payments']);
  assert.deepEqual(kept('ORD'), ['Orders']);
  assert.deepEqual(kept('example pay'), ['payments']);
  assert.deepEqual(kept('host:orders'), ['Orders']);
  assert.deepEqual(kept('name:example'), []);
  assert.deepEqual(kept('on:no'), ['payments']);
  // What names no column is text: URLs have colons.
  assert.deepEqual(kept('https:x'), []);
});

test('CSV quotes, and no cell is a formula', () => {
  const rows = [{ name: '=1+1', host: 'a,"b"\nc', on: true }];
  assert.equal(csvOf(COLUMNS, rows), 'Name,Host,On\r\n\'=1+1,"a,""b""\nc",yes\r\n');
});
