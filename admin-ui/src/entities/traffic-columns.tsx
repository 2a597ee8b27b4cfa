/** Columns of what the gateway has seen, for lists of routes and services. */
import type { Entity } from '../api/documents.ts';
import type { TableColumn } from '../table/columns.ts';
import { agoText, msText, percentText, rateText, type TrafficRow } from './traffic.ts';

export function trafficColumns(byId: ReadonlyMap<string, TrafficRow>): readonly TableColumn<Entity>[] {
  const row = (entity: Entity) => byId.get(entity.id);
  return [
    {
      id: 'rate',
      header: 'Req/s',
      numeric: true,
      width: 76,
      value: (entity) => row(entity)?.requests_per_second,
      cell: (entity) => rateText(row(entity)),
    },
    {
      id: 'errors',
      header: 'Errors',
      numeric: true,
      width: 76,
      value: (entity) => row(entity)?.error_rate,
      cell: (entity) => {
        const ratio = row(entity)?.error_rate;
        const text = percentText(ratio);
        return typeof ratio === 'number' && ratio >= 0.01 ? <span className="text-bad">{text}</span> : text;
      },
    },
    {
      id: 'p99',
      wide: true,
      header: 'p99',
      numeric: true,
      width: 88,
      value: (entity) => row(entity)?.latency_ms.total.p99,
      cell: (entity) => msText(row(entity)?.latency_ms.total.p99),
    },
    {
      id: 'hit',
      header: 'Last request',
      numeric: true,
      width: 112,
      hidden: true,
      value: (entity) => row(entity)?.last_hit_at,
      cell: (entity) => agoText(row(entity)?.last_hit_at, Date.now()),
    },
  ];
}
