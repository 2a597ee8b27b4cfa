/**
 * What the gateway knows of its traffic, below `/_cardinal/`. To be mounted behind the Admin API's access control:
 * `app.use(observeRouter(context))`. Everything here needs the role `read` and changes nothing.
 */
import { type Request, type Response, Router, raw } from 'express';
import type { ObserveContext } from './context.ts';
import { postExplain } from './explain-endpoint.ts';
import { InvalidQuery } from './query.ts';
import { getRequest, getRequests } from './requests-endpoint.ts';
import { getStats } from './stats-endpoint.ts';
import { getTap } from './tap-endpoint.ts';
import { getTopology } from './topology-endpoint.ts';

const MAX_EXPLAIN_BYTES = 1024 * 1024;

type Endpoint = (context: ObserveContext, request: Request, response: Response) => Promise<void> | void;

export function observeRouter(context: ObserveContext): Router {
  const router = Router({ caseSensitive: true });
  const endpoint = (method: 'GET' | 'POST', path: string, run: Endpoint) => {
    const allow = method === 'GET' ? 'GET, HEAD, OPTIONS' : 'OPTIONS, POST';
    router.all(path, async (request, response) => {
      const asked = request.method === 'HEAD' ? 'GET' : request.method;
      if (asked === 'OPTIONS') response.status(204).set('Allow', allow).end();
      else if (asked !== method)
        response.status(405).set('Allow', allow).json({ message: 'Method not allowed' });
      else await answer(() => run(context, request, response), response);
    });
  };
  endpoint('GET', '/_cardinal/stats', getStats);
  endpoint('GET', '/_cardinal/tap', getTap);
  endpoint('GET', '/_cardinal/topology', getTopology);
  router.use('/_cardinal/explain', raw({ type: () => true, limit: MAX_EXPLAIN_BYTES }));
  endpoint('POST', '/_cardinal/explain', postExplain);
  endpoint('GET', '/_cardinal/requests', getRequests);
  endpoint('GET', '/_cardinal/requests/:id', getRequest);
  return router;
}

async function answer(run: () => Promise<void> | void, response: Response): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof InvalidQuery)) throw error;
    response.status(400).json(error.body);
  }
}
