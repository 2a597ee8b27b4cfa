/**
 * What a data plane may say about traffic: a gateway about what came in at the edge, a microgateway about calls to its
 * own service and calls that it made. The rest of what it says is left out.
 */
import {
  forEachRow,
  type TrafficReport,
  type TrafficRowKey,
} from '../../shared/observe/traffic/traffic-report.ts';
import type { DataPlaneRole } from '../../shared/sync/protocol.ts';

export function ownTraffic(
  report: TrafficReport,
  role: DataPlaneRole,
  service: string | null,
): TrafficReport {
  const keys: TrafficRowKey[] = [];
  const numbers: number[] = [];
  forEachRow(report, (key, counts, _pairs, end) => {
    if (!isOwn(key, role, service)) return;
    keys.push(key);
    for (let at = counts; at < end; at++) numbers.push(report.numbers[at]!);
  });
  return { keys, numbers };
}

function isOwn(
  { dimension, direction, serviceName }: TrafficRowKey,
  role: DataPlaneRole,
  service: string | null,
): boolean {
  if (role === 'gateway') return direction === 'edge';
  if (direction === 'edge') return false;
  // Requests without a route have no service.
  return dimension !== 'route' || direction === 'outbound' || serviceName === '' || serviceName === service;
}
