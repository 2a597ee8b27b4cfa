/** The node whose Admin API this is. */
import type { NodeDocument } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useApi } from '../../api/use-api.ts';
import { Badge } from '../../parts/badge.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { PartialNote, SkeletonBlock } from '../../parts/states.tsx';

interface StatusDocument {
  readonly memory: { readonly workers_lua_vms: readonly { readonly http_allocated_gc: string }[] };
  readonly server: Readonly<Record<string, number>>;
  readonly database?: { readonly reachable: boolean };
  readonly configuration_hash?: string;
}

export function ThisNode({ node }: { readonly node: NodeDocument | undefined }) {
  const { data: status, error } = useApi<StatusDocument>(pathOf('status'), { everyMs: 5_000 });
  if (node === undefined) return <SkeletonBlock className="h-40" />;
  const { configuration } = node;
  return (
    <Card title="This node">
      <div className="grid gap-x-10 gap-y-4 lg:grid-cols-3">
        <Facts
          rows={[
            ['Host', node.hostname],
            ['Role', configuration.role.replace('_', ' ')],
            ['Version', `${node.cardinal_version} (answers as Kong ${node.version})`],
            [
              'Id',
              <span key="id" className="font-mono text-12">
                {node.node_id}
              </span>,
            ],
          ]}
        />
        <Facts
          rows={[
            ['Workers', String(node.pids.workers.length)],
            [
              'Heaps',
              status?.memory.workers_lua_vms.map(({ http_allocated_gc }) => http_allocated_gc).join(', '),
            ],
            ['Connections', status?.server['connections_active']?.toLocaleString('en')],
            ['Requests', status?.server['total_requests']?.toLocaleString('en')],
          ]}
        />
        <Facts
          rows={[
            [
              'Configuration',
              configuration.database === 'off' ? 'from elsewhere' : `stored in ${configuration.database}`,
            ],
            [
              'Store',
              status?.database === undefined ? (
                ''
              ) : (
                <Badge key="store" tone={status.database.reachable ? 'good' : 'bad'} icon>
                  {status.database.reachable ? 'reachable' : 'not reachable'}
                </Badge>
              ),
            ],
            [
              'Hash',
              status?.configuration_hash === undefined ? (
                ''
              ) : (
                <span key="hash" className="font-mono text-12 break-all">
                  {status.configuration_hash}
                </span>
              ),
            ],
            ['Proxy', String(configuration['proxy_listen'])],
          ]}
        />
      </div>
      {error !== null && <PartialNote what="Status" error={error} />}
    </Card>
  );
}
