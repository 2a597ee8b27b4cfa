/** The upstreams. */

import { useQueries } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { Page as ApiPage, Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityLink, Tags, tagText } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { Badge } from '../../parts/badge.tsx';
import { ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import type { TableColumn } from '../../table/columns.ts';
import type { TargetHealth } from './health.ts';

const KIND = knownKind('upstreams');
/** Each costs a request every few seconds. */
const MOST_ASKED = 50;

export function UpstreamsPage() {
  const { rows } = useEntities(pathOf('upstreams'));
  const asked = useMemo(() => (rows ?? []).slice(0, MOST_ASKED), [rows]);
  const health = useQueries({
    queries: asked.map(({ id }) => ({
      queryKey: [pathOf('upstreamHealth', id), { size: 1000 }],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.ask<ApiPage<TargetHealth>>(pathOf('upstreamHealth', id), { query: { size: 1000 }, signal }),
      refetchInterval: 10_000,
    })),
    combine: (results) => results.map(({ data }) => data?.data),
  });
  const columns = useMemo((): readonly TableColumn<Entity>[] => {
    const byId = new Map(asked.map(({ id }, i) => [id, health[i]]));
    const targets = (entity: Entity) => byId.get(entity.id);
    const down = (entity: Entity) =>
      targets(entity)?.filter((target) => target.health === 'UNHEALTHY' || target.health === 'DNS_ERROR')
        .length;
    return [
      {
        id: 'name',
        header: 'Name',
        width: 260,
        value: (upstream) => String(upstream['name']),
        cell: (upstream) => <EntityLink kind={KIND} entity={upstream} />,
      },
      { id: 'algorithm', header: 'Algorithm', value: (upstream) => String(upstream['algorithm']) },
      {
        id: 'targets',
        header: 'Targets',
        numeric: true,
        width: 92,
        value: (upstream) => targets(upstream)?.length,
      },
      {
        id: 'health',
        header: 'Health',
        width: 180,
        value: down,
        cell: (upstream) => {
          const all = targets(upstream);
          const bad = down(upstream) ?? 0;
          if (all === undefined) return '';
          if (all.length === 0)
            return (
              <Badge tone="warn" icon>
                No targets
              </Badge>
            );
          if (bad > 0) return <Badge tone="bad" icon>{`${bad} of ${all.length} down`}</Badge>;
          const checked = all.some((target) => target.health === 'HEALTHY');
          return (
            <Badge tone={checked ? 'good' : 'quiet'} icon>
              {checked ? 'Healthy' : 'Not checked'}
            </Badge>
          );
        },
      },
      {
        id: 'tags',
        header: 'Tags',
        width: 180,
        value: tagText,
        cell: (upstream) => <Tags tags={upstream.tags} />,
      },
      { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
    ];
  }, [asked, health]);
  return (
    <Page
      title="Upstreams"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('upstreams'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/upstreams/new' as '/'} data-shortcut="n">
            New upstream
          </ButtonLink>
        </>
      }
    >
      <EntityList kind={KIND} columns={columns} example={{ name: 'orders.internal' }} />
    </Page>
  );
}
