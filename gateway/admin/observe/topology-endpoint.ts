/** `GET /_cardinal/topology`. */
import type { Request, Response } from 'express';
import { windowOf } from '../../../shared/observe/traffic/traffic-document.ts';
import { SLOT_MS, SLOTS } from '../../../shared/observe/traffic/traffic-slots.ts';
import type { ObserveContext } from './context.ts';
import { QueryReader } from './query.ts';
import { topologyDocument } from './topology.ts';

export async function getTopology(
  context: ObserveContext,
  request: Request,
  response: Response,
): Promise<void> {
  const query = new QueryReader(request);
  const windowMs = query.duration('window', SLOT_MS, SLOTS * SLOT_MS, SLOTS * SLOT_MS);
  const asked = {
    service: query.text('service'),
    tag: query.text('tag'),
    limit: query.integer('limit', 1, 5000, 500),
  };
  query.end();
  await context.pool.refresh();
  const { configuration } = context.managed.served;
  response.json(
    topologyDocument(
      configuration,
      context.traffic,
      windowOf(windowMs, context.now(), context.traffic.since),
      asked,
    ),
  );
}
