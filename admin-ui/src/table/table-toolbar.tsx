/** Above a table: the filter, how many rows there are, what can be done with chosen ones, which columns are shown. */
import { Columns3, Download, Search, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import { Input } from '../parts/controls.tsx';
import { downloadText } from '../parts/download.ts';
import { Menu, MenuCheck, MenuItem, MenuLine } from '../parts/menu.tsx';
import { csvOf, type TableColumn } from './columns.ts';
import type { TableAddress } from './use-table-address.ts';

interface ToolbarProps<Row> {
  readonly name: string;
  readonly singular: string;
  readonly address: TableAddress;
  readonly columns: readonly TableColumn<Row>[];
  readonly shown: readonly TableColumn<Row>[];
  readonly visibility: Readonly<Record<string, boolean>>;
  readonly onVisibility: (id: string, visible: boolean) => void;
  readonly total: number | undefined;
  readonly filtered: readonly Row[];
  readonly chosen: readonly Row[];
  readonly bulk: ReactNode;
  readonly more?: { readonly load: () => void; readonly loading: boolean } | undefined;
  readonly toolbar?: ReactNode;
}

const NUMBER = new Intl.NumberFormat('en');

export function TableToolbar<Row>(props: ToolbarProps<Row>) {
  const { address, columns, visibility, total, filtered, chosen, more } = props;
  const filtering = address.filter !== '';
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-3 py-2">
      <span className="relative w-full sm:w-72">
        <Search aria-hidden size={14} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-faint" />
        <span className="[&_input]:px-8">
          <Input
            data-shortcut="/"
            aria-label="Filter"
            placeholder={`Filter, or column:text`}
            value={address.filter}
            onChange={(event) => address.setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') address.setFilter('');
            }}
          />
        </span>
        {filtering && (
          <button
            type="button"
            aria-label="Clear the filter"
            onClick={() => address.setFilter('')}
            className="absolute top-1/2 right-1 grid size-6 -translate-y-1/2 place-items-center rounded-sm text-faint hover:text-text"
          >
            <X aria-hidden size={14} />
          </button>
        )}
      </span>
      <span role="status" className="numeric text-12 text-faint">
        {total === undefined
          ? ''
          : filtering
            ? `${NUMBER.format(filtered.length)} of ${NUMBER.format(total)}${more === undefined ? '' : '+'}`
            : `${NUMBER.format(total)}${more === undefined ? '' : '+'}`}
      </span>
      {more !== undefined && (
        <span className="flex items-center gap-2 text-12 text-warn">
          {filtering ? `Searching the first ${NUMBER.format(total ?? 0)}.` : 'There are more.'}
          <Button onClick={more.load} busy={more.loading}>
            Load all
          </Button>
        </span>
      )}
      {props.toolbar}
      <span className="flex-1" />
      {chosen.length > 0 ? (
        <span className="flex flex-wrap items-center gap-2">
          <span className="numeric text-12 text-soft">{chosen.length} chosen</span>
          {props.bulk}
        </span>
      ) : (
        <Menu trigger={<IconButton icon={Columns3} label="Columns and export" />}>
          {columns.slice(1).map(({ id, header }) => (
            <MenuCheck
              key={id}
              checked={visibility[id] === true}
              onChange={(visible) => props.onVisibility(id, visible)}
            >
              {header}
            </MenuCheck>
          ))}
          <MenuLine />
          <MenuItem
            icon={Download}
            onClick={() => downloadText(`${props.name}.csv`, 'text/csv', csvOf(props.shown, filtered))}
          >
            Download as CSV
          </MenuItem>
        </Menu>
      )}
    </div>
  );
}
