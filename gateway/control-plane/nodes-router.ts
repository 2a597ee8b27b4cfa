/**
 * `/_cardinal/nodes`: which data planes there are and how they are, one of them, its status, and revoking it. To be
 * mounted there, behind the Admin API's access control: DELETE ends a node's access.
 */
import { type Request, type Response, Router } from 'express';
import { isNodeId } from '../../shared/sync/read-frame.ts';
import type { ControlPlane } from './control-plane.ts';
import type { NodeRow } from './node-row.ts';
import { statusProxy } from './status-proxy.ts';

type Shown = Readonly<Record<string, unknown>>;

/** `app.use('/_cardinal/nodes', nodesRouter(controlPlane))`. */
export function nodesRouter(controlPlane: ControlPlane): Router {
  const router = Router({ caseSensitive: true });
  const proxy = statusProxy();

  router
    .route('/')
    .get(async (_request, response) => {
      const data = await controlPlane.nodes();
      response.json({ data, next: null, summary: summaryOf(data) });
    })
    .all(notAllowed('GET, HEAD'));

  router
    .route('/:id')
    .get(async (request, response) => {
      const row = await found(request, response);
      if (row !== undefined) response.json(controlPlane.shown(row));
    })
    .delete(async (request, response) => {
      const { id } = request.params;
      // Also for one that is not known here: whoever has its certificate is refused from now on.
      if (isNodeId(id)) await controlPlane.revokeNode(id);
      response.status(204).end();
    })
    .all(notAllowed('DELETE, GET, HEAD'));

  router
    .route('/:id/status/*path')
    .get(async (request, response) => {
      const row = await found(request, response);
      const { path } = request.params as unknown as { readonly path: readonly string[] };
      if (row !== undefined) await proxy(request, response, row, `/${path.join('/')}`);
    })
    .all(notAllowed('GET, HEAD'));

  async function found(request: Request, response: Response): Promise<NodeRow | undefined> {
    const { id } = request.params;
    const row = isNodeId(id) ? await controlPlane.node(id) : undefined;
    if (row === undefined) response.status(404).json({ message: 'Not found' });
    return row;
  }
  return router;
}

/** How far the nodes are apart: how many are in which state and at which generation, and the longest that one is behind. */
function summaryOf(nodes: readonly Shown[]): Shown {
  const states: Record<string, number> = {
    current: 0,
    updating: 0,
    nacked: 0,
    incompatible: 0,
    disconnected: 0,
  };
  const generations = new Map<number | null, number>();
  let behindSince: number | null = null;
  for (const node of nodes) {
    const state = String(node['state']);
    states[state] = (states[state] ?? 0) + 1;
    if (state === 'disconnected') continue;
    const generation = node['generation'] as number | null;
    generations.set(generation, (generations.get(generation) ?? 0) + 1);
    const since = (node['drift'] as { readonly since: number } | null)?.since;
    if (since !== undefined && (behindSince === null || since < behindSince)) behindSince = since;
  }
  return {
    total: nodes.length,
    ...states,
    behind_since: behindSince,
    generations: [...generations]
      .map(([generation, count]) => ({ generation, nodes: count }))
      .sort((a, b) => (b.generation ?? -1) - (a.generation ?? -1)),
  };
}

function notAllowed(allow: string): (request: Request, response: Response) => void {
  return (request, response) => {
    response.set('Allow', `${allow}, OPTIONS`);
    if (request.method === 'OPTIONS') response.status(204).end();
    else response.status(405).json({ message: 'Method not allowed' });
  };
}
