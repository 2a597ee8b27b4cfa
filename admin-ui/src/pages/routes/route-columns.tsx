/** The columns of a list of routes. */
import type { Entity } from '../../api/documents.ts';
import { EntityLink, listText, ReferenceLink, Tags, tagText } from '../../entities/cells.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { nameOf, referred } from '../../entities/names.ts';
import type { TrafficRow } from '../../entities/traffic.ts';
import { trafficColumns } from '../../entities/traffic-columns.tsx';
import type { TableColumn } from '../../table/columns.ts';

const KIND = knownKind('routes');

export function routeColumns(
  services: ReadonlyMap<string, Entity>,
  traffic: ReadonlyMap<string, TrafficRow>,
  withService: boolean,
): readonly TableColumn<Entity>[] {
  const service: TableColumn<Entity> = {
    id: 'service',
    header: 'Service',
    width: 130,
    value: (route) => {
      const id = referred(route['service']);
      const found = id === undefined ? undefined : services.get(id);
      return found === undefined ? id : nameOf(knownKind('services'), found);
    },
    cell: (route) => <ReferenceLink collection="services" value={route['service']} byId={services} />,
  };
  return [
    {
      id: 'name',
      header: 'Name',
      width: 150,
      value: (route) => nameOf(KIND, route),
      cell: (route) => <EntityLink kind={KIND} entity={route} />,
    },
    {
      id: 'methods',
      header: 'Methods',
      width: 92,
      mono: true,
      value: (route) => listText(route['methods']),
    },
    { id: 'hosts', header: 'Hosts', width: 140, mono: true, value: (route) => listText(route['hosts']) },
    { id: 'paths', header: 'Paths', mono: true, value: (route) => listText(route['paths']) },
    ...(withService ? [service] : []),
    {
      id: 'priority',
      header: 'Regex priority',
      numeric: true,
      width: 120,
      hidden: true,
      value: (route) => Number(route['regex_priority'] ?? 0),
    },
    {
      id: 'protocols',
      header: 'Protocols',
      width: 130,
      hidden: true,
      value: (route) => listText(route['protocols']),
    },
    ...trafficColumns(traffic),
    {
      id: 'tags',
      wide: true,
      header: 'Tags',
      width: 110,
      value: tagText,
      cell: (route) => <Tags tags={route.tags} />,
    },
    { id: 'id', header: 'Id', mono: true, width: 290, hidden: true, value: ({ id }) => id },
  ];
}
