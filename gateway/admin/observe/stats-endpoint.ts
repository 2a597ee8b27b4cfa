/** `GET /_cardinal/stats`: rates, errors and latencies of the last quarter of an hour, by what is asked for. */
import type { Request, Response } from 'express';
import { SORT_ORDERS, statsDocument } from '../../../shared/observe/traffic/traffic-document.ts';
import { DIRECTIONS } from '../../../shared/observe/traffic/traffic-key.ts';
import { SLOT_MS, SLOTS } from '../../../shared/observe/traffic/traffic-slots.ts';
import type { ObserveContext } from './context.ts';
import { QueryReader } from './query.ts';

const BY = ['route', 'service', 'consumer', 'plugin', 'target', 'node'] as const;
const NARROWED = [undefined, 'route', 'service'];

export async function getStats(context: ObserveContext, request: Request, response: Response): Promise<void> {
  const query = new QueryReader(request);
  const by = query.choice('by', BY);
  const route = query.text('route');
  const service = query.text('service');
  if ((route !== undefined || service !== undefined) && !NARROWED.includes(by))
    query.wrong('by', 'with route or service there are only: route, service');
  if (route !== undefined && by === 'service') query.wrong('by', 'with route there is only: route');
  const asked = {
    windowMs: query.duration('window', SLOT_MS, SLOTS * SLOT_MS, SLOTS * SLOT_MS),
    by,
    direction: query.choice('direction', DIRECTIONS),
    route,
    service,
    sort: query.choice('sort', SORT_ORDERS) ?? 'requests',
    limit: query.integer('limit', 1, 1000, 100),
    series: query.flag('series'),
  } as const;
  query.end();
  await context.pool.refresh();
  const document = statsDocument(context.traffic, asked, context.now());
  response.json(by === 'node' ? await withNodes(context, document) : document);
}

/** What the control plane knows of each node beside its traffic; nodes without any are there as well. */
async function withNodes(
  { node, nodes }: ObserveContext,
  document: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const known = (await nodes?.()) ?? [];
  const rows = new Map(
    (document['data'] as readonly Readonly<Record<string, unknown>>[]).map((row) => [row['id'], row]),
  );
  const own = { role: 'gateway', service: null, hostname: node.hostname, connected: true };
  const shown = [...rows.values()].map((row) => {
    const about = known.find(({ id }) => id === row['id']);
    return { ...row, ...(row['id'] === node.id ? own : about === undefined ? {} : aboutNode(about)) };
  });
  const silent = known
    .filter(({ id }) => !rows.has(id))
    // Null, not zero: it may be connected to another replica, which has its traffic.
    .map((row) => ({ id: row['id'], name: row['id'], requests: null, ...aboutNode(row) }));
  return { ...document, data: [...shown, ...silent] };
}

function aboutNode(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    role: row['role'],
    service: row['service'],
    hostname: row['hostname'],
    connected: row['connected'],
    requests_total: row['requests_total'],
    reported_requests_per_second: row['requests_per_second'],
  };
}
