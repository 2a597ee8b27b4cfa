/** The rows of a table: those that are seen, with arrows between them, ticks with ranges, and columns of chosen widths. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { useValue } from '../api/use-value.ts';
import { Tick } from '../form/list-controls.tsx';
import { density } from '../shell/preferences.ts';
import { cellText, type TableColumn } from './columns.ts';
import { HeaderCell } from './header-cell.tsx';

/** Of a column that names none, pixels. */
export const FREE_WIDTH = 200;
const ROW_PX = { compact: 34, comfortable: 44 };
const VIRTUAL_FROM = 200;
const TICK_WIDTH = 40;
const MENU_WIDTH = 48;

export interface TableBodyProps<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly { readonly id: string; readonly original: Row }[];
  readonly widths: Readonly<Record<string, number>>;
  readonly sort: string | undefined;
  readonly onSort: (sort: string | undefined) => void;
  readonly onWidth: (id: string, width: number) => void;
  readonly rowMenu: ((row: Row) => ReactNode) | undefined;
  readonly selection: Readonly<Record<string, boolean>> | undefined;
  readonly onSelection: (selection: Readonly<Record<string, boolean>>) => void;
}

export function TableBody<Row extends object>(props: TableBodyProps<Row>) {
  const { columns, rows, widths, sort, selection, rowMenu } = props;
  const scroller = useRef<HTMLElement>(null);
  const lastTicked = useRef<number>(undefined);
  const rowPx = ROW_PX[useValue(density)];
  const virtual = rows.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    enabled: virtual,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the density is what the sizes depend on.
  useEffect(() => virtualizer.measure(), [rowPx, virtualizer]);
  // Another order begins at its beginning.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the order is what it is about.
  useEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
  }, [sort]);
  const items = virtual ? virtualizer.getVirtualItems() : rows.map((_, index) => ({ index }));
  const first = virtual ? (virtualizer.getVirtualItems()[0]?.start ?? 0) : 0;
  const last = virtual ? virtualizer.getTotalSize() - (virtualizer.getVirtualItems().at(-1)?.end ?? 0) : 0;
  const minWidth =
    columns.reduce((sum, { id, width }) => sum + (widths[id] ?? width ?? FREE_WIDTH), 0) +
    (selection === undefined ? 0 : TICK_WIDTH) +
    (rowMenu === undefined ? 0 : MENU_WIDTH);

  function focusRow(index: number) {
    if (index < 0 || index >= rows.length) return;
    if (virtual) virtualizer.scrollToIndex(index, { align: 'auto' });
    const focus = () =>
      scroller.current
        ?.querySelector<HTMLElement>(`tr[data-index="${index}"] a, tr[data-index="${index}"] button`)
        ?.focus();
    if (virtual) requestAnimationFrame(() => requestAnimationFrame(focus));
    else focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (!(event.target instanceof HTMLElement) || event.target.closest('[role="menu"], input') !== null)
      return;
    const row = event.target.closest('tr[data-index]');
    const at = row === null ? -1 : Number(row.getAttribute('data-index'));
    const to =
      event.key === 'ArrowDown'
        ? at + 1
        : event.key === 'ArrowUp'
          ? at - 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? rows.length - 1
              : undefined;
    if (to === undefined || row === null) return;
    event.preventDefault();
    focusRow(to);
  }

  // j and k of the page (shortcuts.ts).
  const step = useRef<(by: number) => void>(() => undefined);
  step.current = (by) => {
    const row = document.activeElement?.closest('tr[data-index]');
    const at = row === null || row === undefined ? -1 : Number(row.getAttribute('data-index'));
    focusRow(at === -1 ? 0 : at + by);
  };
  useEffect(() => {
    const element = scroller.current;
    const onStep = (event: Event) => step.current((event as CustomEvent<number>).detail);
    element?.addEventListener('rows-step', onStep);
    return () => element?.removeEventListener('rows-step', onStep);
  }, []);

  function tick(index: number, checked: boolean, event: Event) {
    const range = event instanceof MouseEvent && event.shiftKey && lastTicked.current !== undefined;
    const [from, to] = range
      ? [Math.min(lastTicked.current as number, index), Math.max(lastTicked.current as number, index)]
      : [index, index];
    const next = { ...selection };
    for (const row of rows.slice(from, to + 1)) next[row.id] = checked;
    lastTicked.current = index;
    props.onSelection(next);
  }

  const allTicked = selection !== undefined && rows.every(({ id }) => selection[id] === true);
  const someTicked = selection !== undefined && rows.some(({ id }) => selection[id] === true);
  return (
    <section
      ref={scroller}
      aria-label={props.caption}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
      tabIndex={0}
      data-rows=""
      onKeyDown={onKeyDown}
      className="max-h-[calc(100dvh-190px)] overflow-auto scroll-pt-10 focus-visible:outline-offset-[-2px]"
    >
      <table
        className="w-full table-fixed border-separate border-spacing-0"
        style={{ minWidth }}
        aria-rowcount={rows.length + 1}
      >
        <caption className="sr-only">{props.caption}</caption>
        <colgroup>
          {selection !== undefined && <col style={{ width: TICK_WIDTH }} />}
          {columns.map(({ id, width }) => (
            <col key={id} style={{ width: widths[id] ?? width }} />
          ))}
          {rowMenu !== undefined && <col style={{ width: MENU_WIDTH }} />}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {selection !== undefined && (
              <th scope="col" className="sticky top-0 z-10 h-9 border-b border-line bg-surface px-3">
                <span className="flex">
                  <Tick
                    aria-label="Choose all rows"
                    checked={allTicked}
                    indeterminate={someTicked && !allTicked}
                    onChange={(checked) =>
                      props.onSelection(checked ? Object.fromEntries(rows.map(({ id }) => [id, true])) : {})
                    }
                  />
                </span>
              </th>
            )}
            {columns.map((column) => (
              <HeaderCell
                key={column.id}
                id={column.id}
                label={column.header}
                numeric={column.numeric === true}
                sort={sort}
                onSort={props.onSort}
                onWidth={props.onWidth}
              />
            ))}
            {rowMenu !== undefined && (
              <th scope="col" className="sticky top-0 z-10 border-b border-line bg-surface">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {first > 0 && (
            <tr aria-hidden>
              <td colSpan={columns.length + 2} style={{ height: first }} />
            </tr>
          )}
          {items.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const ticked = selection?.[row.id] === true;
            return (
              <tr
                key={row.id}
                data-index={index}
                aria-rowindex={index + 2}
                aria-selected={selection === undefined ? undefined : ticked}
                onClick={openRow}
                className={`group h-(--row) ${ticked ? 'bg-selected' : 'hover:bg-hover'} [&:has(a:focus-visible)]:bg-hover`}
              >
                {selection !== undefined && (
                  <td className="border-b border-line px-3 group-last:border-0">
                    <span className="flex">
                      <Tick
                        aria-label={`Choose row ${index + 1}`}
                        checked={ticked}
                        onChange={(checked, event) => tick(index, checked, event)}
                      />
                    </span>
                  </td>
                )}
                {columns.map((column, i) => {
                  const content = column.cell?.(row.original) ?? cellText(column.value(row.original));
                  return (
                    <td
                      key={column.id}
                      className={`truncate border-b border-line px-3 group-last:border-0 ${column.numeric === true ? 'numeric text-right' : ''} ${column.mono === true ? 'font-mono text-12' : ''} ${i === 0 ? 'font-medium' : ''}`}
                    >
                      {content === '' ? <span className="text-faint">–</span> : content}
                    </td>
                  );
                })}
                {rowMenu !== undefined && (
                  <td className="border-b border-line px-1.5 text-right group-last:border-0">
                    {rowMenu(row.original)}
                  </td>
                )}
              </tr>
            );
          })}
          {last > 0 && (
            <tr aria-hidden>
              <td colSpan={columns.length + 2} style={{ height: last }} />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

/** A click anywhere on a row is one on its link; text that is being marked and controls are left alone. */
function openRow(event: React.MouseEvent<HTMLTableRowElement>) {
  if (
    !(event.target instanceof HTMLElement) ||
    event.target.closest('a, button, input, [role="checkbox"], [role="menu"]') !== null
  )
    return;
  if ((getSelection()?.toString() ?? '') !== '') return;
  event.currentTarget.querySelector('a')?.click();
}
