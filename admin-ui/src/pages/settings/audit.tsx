/** The newest entries of this node's audit log. */
import { ScrollText } from 'lucide-react';
import { useMemo } from 'react';
import { pathOf } from '../../api/endpoints.ts';
import { useApi } from '../../api/use-api.ts';
import { Time } from '../../entities/cells.tsx';
import { EmptyFirst, ErrorPanel } from '../../parts/states.tsx';
import type { TableColumn } from '../../table/columns.ts';
import { DataTable } from '../../table/data-table.tsx';
import { useTableAddress } from '../../table/use-table-address.ts';

interface Entry {
  readonly at: string;
  readonly event: string;
  readonly actor: string | null;
  readonly via: string | null;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

const MOST = 500;
/** Entries have no id of their own; what is shown of them is. */
const rowId = (entry: Entry) => JSON.stringify(entry);

export function Audit() {
  const { data, error, isFetching, refetch } = useApi<{ readonly data: readonly Entry[] }>(pathOf('audit'), {
    query: { limit: MOST },
    everyMs: 10_000,
  });
  const address = useTableAddress();
  const columns = useMemo(
    (): readonly TableColumn<Entry>[] => [
      {
        id: 'at',
        header: 'When',
        width: 190,
        value: (entry) => entry.at,
        cell: (entry) => <Time seconds={Date.parse(entry.at) / 1000} />,
      },
      { id: 'actor', header: 'Who', width: 130, value: (entry) => entry.actor },
      { id: 'event', header: 'What', width: 140, value: (entry) => entry.event },
      { id: 'request', header: 'Request', mono: true, value: (entry) => `${entry.method} ${entry.path}` },
      { id: 'status', header: 'Status', numeric: true, width: 80, value: (entry) => entry.status },
      { id: 'address', header: 'From', mono: true, width: 140, value: (entry) => entry.address },
      { id: 'via', header: 'By', width: 90, hidden: true, value: (entry) => entry.via },
    ],
    [],
  );
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the audit log" onRetry={() => void refetch()} />;
  return (
    <DataTable
      name="audit"
      caption="Audit log"
      singular="entry"
      columns={columns}
      rows={data?.data}
      rowId={rowId}
      address={address}
      refreshing={isFetching}
      empty={
        <section className="rounded-lg border border-line bg-surface">
          <EmptyFirst
            icon={ScrollText}
            title="Nothing yet"
            text="Every change and every login is written down here, who and from where."
          />
        </section>
      }
    />
  );
}
