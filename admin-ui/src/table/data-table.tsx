/**
 * A table of any number of rows: sorted, filtered, with the columns that somebody chose, all of it by keyboard. It renders the
 * rows that are seen and no others.
 */
import {
  columnSizingFeature,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useDeferredValue, useMemo, useState, useSyncExternalStore } from 'react';
import { EmptyFilter, RefreshBar, SkeletonRows } from '../parts/states.tsx';
import { readColumns, writeColumns } from './column-preferences.ts';
import { rowFilter, rowText, type TableColumn } from './columns.ts';
import { FREE_WIDTH, TableBody } from './table-body.tsx';
import { TableToolbar } from './table-toolbar.tsx';
import type { TableAddress } from './use-table-address.ts';

export interface DataTableProps<Row> {
  /** Under which its columns are remembered. */
  readonly name: string;
  /** What it lists, for those who do not see it. */
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  /** Undefined while the first ones are on their way. */
  readonly rows: readonly Row[] | undefined;
  readonly rowId: (row: Row) => string;
  readonly address: TableAddress;
  /** When nobody has chosen another order. */
  readonly defaultSort?: string;
  readonly refreshing?: boolean;
  /** Instead of the table, when there is nothing at all. */
  readonly empty: ReactNode;
  /** At the end of a row. */
  readonly rowMenu?: (row: Row) => ReactNode;
  /** Lets rows be chosen; what can be done with them. */
  readonly bulk?: (rows: readonly Row[], clear: () => void) => ReactNode;
  /** When the gateway has more than what was asked for. */
  readonly more?: { readonly load: () => void; readonly loading: boolean } | undefined;
  readonly toolbar?: ReactNode;
  /** Of one row in lower case, for sentences. */
  readonly singular: string;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  columnVisibilityFeature,
  columnSizingFeature,
});
const NARROWEST = 64;

const ROOM = window.matchMedia('(min-width: 1400px)');
const hasRoom = () => ROOM.matches;
const watchRoom = (changed: () => void) => {
  ROOM.addEventListener('change', changed);
  return () => ROOM.removeEventListener('change', changed);
};

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { name, columns, rows, rowId, address, bulk, rowMenu } = props;
  const roomy = useSyncExternalStore(watchRoom, hasRoom);
  const [preferences, setPreferences] = useState(() => readColumns(name));
  const [selection, setSelection] = useState<Readonly<Record<string, boolean>>>({});
  const filter = useDeferredValue(address.filter);

  const texts = useMemo(
    () => new Map((rows ?? []).map((row) => [row, rowText(columns, row)])),
    [rows, columns],
  );
  const filtered = useMemo(() => {
    const keep = rowFilter(columns, filter);
    return keep === undefined ? (rows ?? []) : (rows ?? []).filter((row) => keep(row, texts.get(row) ?? ''));
  }, [rows, columns, filter, texts]);

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: column.value,
        sortFn: compareCells,
        sortUndefined: 'last' as const,
        size: column.width ?? FREE_WIDTH,
      })),
    [columns],
  );
  const sort = address.sort ?? props.defaultSort;
  const sorting = useMemo(
    () => (sort === undefined ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]),
    [sort],
  );
  const visibility = useMemo(
    () =>
      Object.fromEntries(
        columns.map(({ id, hidden = false, wide = false }) => [
          id,
          preferences.visible[id] ?? !(hidden || (wide && !roomy)),
        ]),
      ),
    [columns, preferences, roomy],
  );
  const table = useTable({
    features,
    columns: definitions as never,
    data: filtered as Row[],
    getRowId: rowId,
    state: {
      sorting: columns.some(({ id }) => id === sorting[0]?.id) ? sorting : [],
      columnVisibility: visibility,
      columnSizing: preferences.widths as Record<string, number>,
    },
  });
  const sorted = table.getRowModel().rows;
  const shown = columns.filter(({ id }) => visibility[id] === true);

  function update(next: typeof preferences) {
    setPreferences(next);
    writeColumns(name, next);
  }

  const chosen = useMemo(
    () => (rows ?? []).filter((row) => selection[rowId(row)] === true),
    [rows, selection, rowId],
  );
  if (rows?.length === 0 && address.filter === '') return props.empty;
  return (
    <section className="relative overflow-hidden rounded-lg border border-line bg-surface">
      <RefreshBar active={props.refreshing === true && rows !== undefined} />
      <TableToolbar
        {...props}
        columns={columns}
        visibility={visibility}
        onVisibility={(id, visible) =>
          update({ ...preferences, visible: { ...preferences.visible, [id]: visible } })
        }
        total={rows?.length}
        filtered={filtered}
        shown={shown}
        chosen={chosen}
        bulk={chosen.length > 0 ? bulk?.(chosen, () => setSelection({})) : undefined}
      />
      {rows === undefined ? (
        <div aria-busy="true" className="min-h-[300px]">
          <SkeletonRows />
        </div>
      ) : filtered.length === 0 ? (
        <EmptyFilter what={props.singular} filter={address.filter} onClear={() => address.setFilter('')} />
      ) : (
        <TableBody
          caption={props.caption}
          columns={shown}
          rows={sorted}
          widths={preferences.widths}
          sort={sort}
          onSort={address.setSort}
          onWidth={(id, width) =>
            update({ ...preferences, widths: { ...preferences.widths, [id]: Math.max(NARROWEST, width) } })
          }
          rowMenu={rowMenu}
          selection={bulk === undefined ? undefined : selection}
          onSelection={setSelection}
        />
      )}
    </section>
  );
}

type SortableRow = { getValue(id: string): unknown };
const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function compareCells(a: SortableRow, b: SortableRow, id: string): number {
  const [left, right] = [a.getValue(id), b.getValue(id)];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return COLLATOR.compare(String(left ?? ''), String(right ?? ''));
}
