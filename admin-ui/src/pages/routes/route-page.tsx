/** One route: which requests it gets, what runs for them, where they go. */
import { Blocks, ListOrdered, Plus, Route, Server, Target } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { useApi } from '../../api/use-api.ts';
import { EntityLink, listText, Tags, Time } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { Flow } from '../../entities/flow.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { matchOf, referred, serviceUrl } from '../../entities/names.ts';
import { TrafficFacts } from '../../entities/traffic-facts.tsx';
import { useEntities } from '../../entities/use-entities.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { pluginColumns } from '../plugins/plugin-columns.tsx';

export function RoutePage() {
  return (
    <EntityPage
      collection="routes"
      summary={(route) => <Summary route={route} />}
      tabs={(route) => [{ id: 'plugins', label: 'Plugins', content: () => <Plugins route={route} /> }]}
      actions={(route) => (
        <ButtonLink icon={Plus} to={'/plugins/new' as '/'} search={{ route: route.id } as never}>
          Add a plugin
        </ButtonLink>
      )}
    />
  );
}

function Summary({ route }: { readonly route: Entity }) {
  const serviceId = referred(route['service']);
  const { data: service } = useApi<Entity>(pathOf('service', serviceId ?? '-'), {
    enabled: serviceId !== undefined,
  });
  const own = useEntities(pathOf('routePlugins', route.id)).rows ?? [];
  const kinds = { plugin: knownKind('plugins'), service: knownKind('services') };
  const flag = (value: unknown) => (value === true ? 'yes' : 'no');
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="flex flex-col gap-4">
        <Card
          title="The way of a request"
          actions={
            <ButtonLink
              weight="quiet"
              icon={ListOrdered}
              to={'/plugins/order' as '/'}
              search={{ route: route.id } as never}
            >
              All plugins in order
            </ButtonLink>
          }
        >
          <Flow
            label="From the request to the service"
            steps={[
              {
                icon: Target,
                role: 'Matches',
                content: <span className="font-mono text-12 break-all">{matchOf(route)}</span>,
              },
              {
                icon: Blocks,
                role: 'Plugins of the route',
                faint: own.length === 0,
                content:
                  own.length === 0
                    ? 'none'
                    : own
                        .slice(0, 6)
                        .map((one) => <EntityLink key={one.id} kind={kinds.plugin} entity={one} />),
              },
              service === undefined
                ? {
                    icon: Server,
                    role: 'Service',
                    faint: true,
                    content: serviceId === undefined ? 'none' : '…',
                  }
                : {
                    icon: Server,
                    role: 'Service',
                    content: <EntityLink kind={kinds.service} entity={service} />,
                  },
              ...(service === undefined
                ? []
                : [
                    {
                      icon: Route,
                      role: 'Goes to',
                      content: <span className="font-mono text-12 break-all">{serviceUrl(service)}</span>,
                    },
                  ]),
            ]}
          />
        </Card>
        <TrafficFacts by="route" id={route.id} />
      </div>
      <Card title="Facts">
        <Facts
          rows={[
            ['Methods', listText(route['methods']) || 'any'],
            ['Hosts', listText(route['hosts']) || 'any'],
            ['Paths', listText(route['paths']) || 'any'],
            ['Protocols', listText(route['protocols'])],
            ['Takes off the path', flag(route['strip_path'])],
            ['Keeps the Host', flag(route['preserve_host'])],
            ['Regex priority', String(route['regex_priority'] ?? 0)],
            ['Tags', <Tags key="tags" tags={route.tags} />],
            ['Created', <Time key="created" seconds={route.created_at} />],
            ['Changed', <Time key="changed" seconds={route.updated_at} />],
            [
              'Id',
              <span key="id" className="font-mono text-12">
                {route.id}
              </span>,
            ],
          ]}
        />
      </Card>
    </div>
  );
}

function Plugins({ route }: { readonly route: Entity }) {
  const columns = useMemo(() => pluginColumns(new Map(), undefined), []);
  return (
    <EntityList
      kind={knownKind('plugins')}
      columns={columns}
      path={pathOf('routePlugins', route.id)}
      prefix="plugins-"
      createSearch={{ route: route.id }}
    />
  );
}
