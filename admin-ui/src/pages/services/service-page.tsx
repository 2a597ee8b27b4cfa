/** One service: where requests to it go, its routes and plugins, and what it carries. */
import { ArrowLeftRight, Blocks, Globe, Plus, Route, Server } from 'lucide-react';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { EnabledBadge, EntityLink, Tags, Time } from '../../entities/cells.tsx';
import { EntityList } from '../../entities/entity-list.tsx';
import { EntityPage } from '../../entities/entity-page.tsx';
import { Flow } from '../../entities/flow.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { serviceUrl } from '../../entities/names.ts';
import { useTraffic } from '../../entities/traffic.ts';
import { TrafficFacts } from '../../entities/traffic-facts.tsx';
import { useById, useEntities } from '../../entities/use-entities.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Card } from '../../parts/page.tsx';
import { pluginColumns } from '../plugins/plugin-columns.tsx';
import { routeColumns } from '../routes/route-columns.tsx';

export function ServicePage() {
  return (
    <EntityPage
      collection="services"
      badges={(service) => <EnabledBadge enabled={service['enabled'] !== false} />}
      summary={(service) => <Summary service={service} />}
      tabs={(service) => [
        { id: 'routes', label: 'Routes', content: () => <Routes service={service} /> },
        { id: 'plugins', label: 'Plugins', content: () => <Plugins service={service} /> },
      ]}
      actions={(service) => (
        <ButtonLink icon={Plus} to={'/routes/new' as '/'} search={{ service: service.id } as never}>
          Add a route
        </ButtonLink>
      )}
    />
  );
}

function Summary({ service }: { readonly service: Entity }) {
  const routes = useEntities(pathOf('serviceRoutes', service.id)).rows ?? [];
  const plugins = useEntities(pathOf('servicePlugins', service.id)).rows ?? [];
  const upstreams = useEntities(pathOf('upstreams')).rows ?? [];
  const upstream = upstreams.find((one) => one['name'] === service['host']);
  const kinds = {
    route: knownKind('routes'),
    plugin: knownKind('plugins'),
    upstream: knownKind('upstreams'),
  };
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="flex flex-col gap-4">
        <Card title="The way of a request">
          <Flow
            label="From the route to the upstream"
            steps={[
              {
                icon: Route,
                role: routes.length === 1 ? 'Route' : `Routes (${routes.length})`,
                faint: routes.length === 0,
                content:
                  routes.length === 0
                    ? 'none: nothing reaches it'
                    : routes
                        .slice(0, 4)
                        .map((one) => <EntityLink key={one.id} kind={kinds.route} entity={one} />),
              },
              {
                icon: Blocks,
                role: 'Plugins of the service',
                faint: plugins.length === 0,
                content:
                  plugins.length === 0
                    ? 'none'
                    : plugins
                        .slice(0, 6)
                        .map((one) => <EntityLink key={one.id} kind={kinds.plugin} entity={one} />),
              },
              { icon: Server, role: 'Service', content: String(service['name'] ?? service.id.slice(0, 8)) },
              upstream === undefined
                ? {
                    icon: Globe,
                    role: 'Address',
                    content: <span className="font-mono text-12">{serviceUrl(service)}</span>,
                  }
                : {
                    icon: ArrowLeftRight,
                    role: 'Upstream',
                    content: <EntityLink kind={kinds.upstream} entity={upstream} />,
                  },
            ]}
          />
        </Card>
        <TrafficFacts by="service" id={service.id} />
      </div>
      <Card title="Facts">
        <Facts
          rows={[
            [
              'URL',
              <span key="url" className="font-mono text-12">
                {serviceUrl(service)}
              </span>,
            ],
            ['Retries', String(service['retries'])],
            ['Connect within', `${service['connect_timeout']} ms`],
            ['Read within', `${service['read_timeout']} ms`],
            ['Write within', `${service['write_timeout']} ms`],
            ['Tags', <Tags key="tags" tags={service.tags} />],
            ['Created', <Time key="created" seconds={service.created_at} />],
            ['Changed', <Time key="changed" seconds={service.updated_at} />],
            [
              'Id',
              <span key="id" className="font-mono text-12">
                {service.id}
              </span>,
            ],
          ]}
        />
      </Card>
    </div>
  );
}

function Routes({ service }: { readonly service: Entity }) {
  const services = useById(pathOf('services'));
  const { byId } = useTraffic('route');
  const columns = useMemo(() => routeColumns(services, byId, false), [services, byId]);
  return (
    <EntityList
      kind={knownKind('routes')}
      columns={columns}
      path={pathOf('serviceRoutes', service.id)}
      prefix="routes-"
      createSearch={{ service: service.id }}
    />
  );
}

function Plugins({ service }: { readonly service: Entity }) {
  const columns = useMemo(() => pluginColumns(new Map(), undefined), []);
  return (
    <EntityList
      kind={knownKind('plugins')}
      columns={columns}
      path={pathOf('servicePlugins', service.id)}
      prefix="plugins-"
      createSearch={{ service: service.id }}
    />
  );
}
