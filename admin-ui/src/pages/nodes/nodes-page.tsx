/** This node, and those that it feeds: whether they have what they should, and how they are. */
import { Ban, Ellipsis, Network, RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { isProblem } from '../../api/api-problem.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { refreshAll, useApi, useNode } from '../../api/use-api.ts';
import { agoText } from '../../entities/traffic.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button, IconButton } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Menu, MenuItem } from '../../parts/menu.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { EmptyFirst, ErrorPanel } from '../../parts/states.tsx';
import { toast } from '../../shell/toasts.tsx';
import type { TableColumn } from '../../table/columns.ts';
import { DataTable } from '../../table/data-table.tsx';
import { useTableAddress } from '../../table/use-table-address.ts';
import { durationText, mebibytes, type NodeRow, STATE_TONES } from './node-rows.ts';
import { ThisNode } from './this-node.tsx';

interface NodesDocument {
  readonly data: readonly NodeRow[];
  readonly summary: Readonly<Record<string, unknown>>;
}

const rowId = (row: NodeRow) => row.id;

export function NodesPage() {
  const { data: node } = useNode();
  return (
    <Page title="Nodes" actions={<CopyAs curl={() => curlOf(String(client.url(pathOf('nodes'))))} />}>
      <div className="flex flex-col gap-5">
        <ThisNode node={node} />
        <DataPlanes />
      </div>
    </Page>
  );
}

function DataPlanes() {
  const { data, error, isFetching, refetch } = useApi<NodesDocument>(pathOf('nodes'), { everyMs: 5_000 });
  const address = useTableAddress();
  const [revoking, setRevoking] = useState<NodeRow>();
  const columns = useMemo(
    (): readonly TableColumn<NodeRow>[] => [
      {
        id: 'host',
        header: 'Host',
        width: 190,
        value: (row) => row.hostname,
        cell: (row) => <span title={row.id}>{row.hostname}</span>,
      },
      {
        id: 'role',
        header: 'Role',
        value: (row) => (row.service === null ? row.role : `${row.role} for ${row.service}`),
      },
      {
        id: 'state',
        header: 'State',
        width: 150,
        value: (row) => row.state,
        cell: (row) => (
          <Badge tone={STATE_TONES[row.state]} icon title={row.nack?.error ?? row.sync_reason ?? row.state}>
            {row.state}
          </Badge>
        ),
      },
      {
        id: 'drift',
        header: 'Drift',
        width: 150,
        value: (row) => row.drift?.generations ?? 0,
        cell: (row) =>
          row.drift === null ? (
            <span className="text-faint">none</span>
          ) : (
            <Badge tone="warn" icon>
              {`${row.drift.generations} behind`}
            </Badge>
          ),
      },
      { id: 'generation', header: 'Generation', numeric: true, width: 104, value: (row) => row.generation },
      {
        id: 'rate',
        header: 'Req/s',
        numeric: true,
        width: 80,
        value: (row) => row.requests_per_second,
        cell: (row) => row.requests_per_second?.toFixed(1) ?? '',
      },
      {
        id: 'rss',
        header: 'Memory',
        numeric: true,
        width: 92,
        value: (row) => row.rss_bytes,
        cell: (row) => mebibytes(row.rss_bytes),
      },
      {
        id: 'uptime',
        header: 'Up for',
        numeric: true,
        width: 110,
        value: (row) => row.uptime_seconds,
        cell: (row) => durationText(row.uptime_seconds),
      },
      {
        id: 'seen',
        header: 'Last seen',
        numeric: true,
        width: 108,
        value: (row) => row.last_seen,
        cell: (row) => agoText(row.last_seen, Date.now()),
      },
      { id: 'version', header: 'Version', width: 90, value: (row) => row.version },
      { id: 'ip', header: 'Address', mono: true, width: 130, hidden: true, value: (row) => row.ip },
      { id: 'hash', header: 'Hash', mono: true, width: 280, hidden: true, value: (row) => row.config_hash },
      { id: 'problem', header: 'Problem', hidden: true, value: (row) => row.nack?.error ?? row.sync_reason },
      { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: (row) => row.id },
    ],
    [],
  );

  async function revoke(row: NodeRow) {
    try {
      await client.ask(pathOf('fleetNode', row.id), { method: 'DELETE' });
      toast.done(`${row.hostname} is revoked`, 'It needs a new token to join again.');
    } catch (problem) {
      toast.failed('Not revoked', (problem as Error).message);
    }
    setRevoking(undefined);
    void refreshAll();
  }

  if (isProblem(error) && error.status === 404)
    return (
      <Card title="Data planes">
        <p className="text-soft">
          This gateway feeds no others: its control plane is off (<code>cluster_listen</code>).
        </p>
      </Card>
    );
  if (error !== null && data === undefined)
    return <ErrorPanel error={error} what="the nodes" onRetry={() => void refetch()} />;
  return (
    <>
      <DataTable
        name="nodes"
        caption="Data planes"
        singular="node"
        columns={columns}
        rows={data?.data}
        rowId={rowId}
        address={address}
        refreshing={isFetching}
        empty={
          <section className="rounded-lg border border-line bg-surface">
            <EmptyFirst
              icon={Network}
              title="No data planes yet"
              text="Microgateways and further gateways join with a token and are fed from here."
              command={
                'cardinal token create --role microgateway --service orders --uses 1\ncardinal microgateway --control-plane https://HOST:8005 --token TOKEN --service orders --to http://127.0.0.1:3000'
              }
            />
          </section>
        }
        rowMenu={(row) => (
          <Menu trigger={<IconButton icon={Ellipsis} label={`Actions for ${row.hostname}`} />}>
            <MenuItem icon={RefreshCw} onClick={() => void refetch()}>
              Look again
            </MenuItem>
            <MenuItem icon={Ban} danger onClick={() => setRevoking(row)}>
              Revoke …
            </MenuItem>
          </Menu>
        )}
      />
      <Dialog
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.hostname ?? ''}?`}
        description="Its connection ends and its certificate is refused. What it was sent stays with it: it serves on with that, and the credentials it knew should be changed."
        footer={
          <>
            <Button onClick={() => setRevoking(undefined)}>Keep</Button>
            <Button
              weight="danger"
              icon={Ban}
              onClick={() => revoking !== undefined && void revoke(revoking)}
            >
              Revoke
            </Button>
          </>
        }
      />
    </>
  );
}
