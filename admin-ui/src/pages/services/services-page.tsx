/** The services, with what they carry. */
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EnabledBadge, EntityLink, Tags, tagText } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { nameOf, referred, serviceUrl } from '../../entities/names.ts';
import { useTraffic } from '../../entities/traffic.ts';
import { trafficColumns } from '../../entities/traffic-columns.tsx';
import { useEntities } from '../../entities/use-entities.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { curlOf } from '../../parts/command-text.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Page } from '../../parts/page.tsx';
import type { TableColumn } from '../../table/columns.ts';

const KIND = knownKind('services');

export function ServicesPage() {
  const routes = useEntities(pathOf('routes')).rows;
  const plugins = useEntities(pathOf('plugins')).rows;
  const { byId } = useTraffic('service');
  const columns = useMemo((): readonly TableColumn<Entity>[] => {
    const routeCounts = countsOf(routes);
    const pluginCounts = countsOf(plugins);
    return [
      {
        id: 'name',
        header: 'Name',
        width: 150,
        value: (service) => nameOf(KIND, service),
        cell: (service) => <EntityLink kind={KIND} entity={service} />,
      },
      { id: 'url', header: 'URL', mono: true, value: serviceUrl },
      {
        id: 'enabled',
        header: 'State',
        width: 108,
        value: (service) => service['enabled'] !== false,
        cell: (service) => <EnabledBadge enabled={service['enabled'] !== false} />,
      },
      { id: 'routes', header: 'Routes', numeric: true, width: 84, value: ({ id }) => routeCounts.get(id) },
      { id: 'plugins', header: 'Plugins', numeric: true, width: 84, value: ({ id }) => pluginCounts.get(id) },
      ...trafficColumns(byId),
      {
        id: 'retries',
        header: 'Retries',
        numeric: true,
        width: 84,
        hidden: true,
        value: (service) => Number(service['retries']),
      },
      {
        id: 'tags',
        wide: true,
        header: 'Tags',
        width: 140,
        value: tagText,
        cell: (service) => <Tags tags={service.tags} />,
      },
      { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
    ];
  }, [routes, plugins, byId]);
  return (
    <Page
      title="Services"
      actions={
        <>
          <CopyAs
            curl={() => curlOf(String(client.url(pathOf('services'))))}
            command={() => 'cardinal dump -o kong.yml'}
          />
          <ButtonLink weight="primary" icon={Plus} to={'/services/new' as '/'} data-shortcut="n">
            New service
          </ButtonLink>
        </>
      }
    >
      <EntityList kind={KIND} columns={columns} example={{ name: 'orders', url: 'http://127.0.0.1:3000' }} />
    </Page>
  );
}

function countsOf(entities: readonly Entity[] | undefined): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const entity of entities ?? []) {
    const id = referred(entity['service']);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
