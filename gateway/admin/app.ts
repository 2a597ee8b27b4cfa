/** The Admin API as an express application: what every answer carries, who is let in, then the endpoints. */
import express, { type NextFunction, type Request, type Response } from 'express';
import { nodesRouter } from '../control-plane/nodes-router.ts';
import { uiRouter } from '../ui/ui-router.ts';
import { addConfig } from './config/config-endpoint.ts';
import type { AdminContext } from './context.ts';
import { addConfigText } from './declarative/config-text-endpoint.ts';
import { addEntityEndpoints, addFilterChains } from './entities/endpoints.ts';
import { EntityApi } from './entities/entity-api.ts';
import { resourcesOf, secretlyAddressed } from './entities/resources.ts';
import { addHistory } from './history/history-endpoints.ts';
import { dispatch } from './http/dispatch.ts';
import { EndpointTable } from './http/endpoint-table.ts';
import { addClustering } from './node/clustering.ts';
import { addLogLevel } from './node/log-level.ts';
import { addProcessEndpoints } from './node/process-endpoints.ts';
import { addProxyCache } from './node/proxy-cache.ts';
import { addRoot } from './node/root.ts';
import { addStatus } from './node/status-endpoint.ts';
import { addUpstreamHealth } from './node/upstream-health.ts';
import { observeRouter } from './observe/observe-router.ts';
import { pluginSchemas } from './schemas/plugin-schemas.ts';
import { addSchemaEndpoints } from './schemas/schema-endpoints.ts';
import { addTagEndpoints } from './tags-endpoint.ts';

export function adminApp(context: AdminContext): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((_request, response, next) => {
    stamp(response, context.node.version);
    next();
  });
  app.use(context.access.middleware, context.access.router);
  if (context.ui) app.use(uiRouter());

  if (context.observe !== undefined) app.use(observeRouter(context.observe));
  if (context.controlPlane !== undefined) app.use('/_cardinal/nodes', nodesRouter(context.controlPlane));
  const resources = resourcesOf(context.managed.view.index, context.plugins);
  app.use(
    dispatch({
      table: endpointTable(context, resources),
      maxBodyBytes: context.maxBodyBytes,
      secretParameters: secretlyAddressed(resources),
      log: context.log,
    }),
  );
  app.use((error: Error & { status?: number }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const { status } = error;
    if (status !== undefined && status >= 400 && status < 500) {
      response.status(status).json({ message: 'Bad request' });
    } else {
      context.log.error('an Admin API request failed', { error });
      response.status(500).json({ message: 'An unexpected error occurred' });
    }
  });
  return app;
}

function endpointTable(context: AdminContext, resources: ReturnType<typeof resourcesOf>): EndpointTable {
  const table = new EndpointTable();
  const plugins = pluginSchemas(context.plugins);
  const api = new EntityApi(context.managed, plugins);
  addEntityEndpoints(table, api, resources);
  addFilterChains(table);
  addUpstreamHealth(table, api, context);
  addSchemaEndpoints(table, context, plugins);
  addTagEndpoints(table, () => context.managed.view);
  addStatus(table, context);
  addConfig(table, context);
  addRoot(table, context, addLogLevel(table, context));
  addProcessEndpoints(table, context);
  addProxyCache(table, context.workers);
  addClustering(table, context);
  addHistory(table, context, plugins);
  addConfigText(table, context, plugins);
  return table;
}

function stamp(response: Response, version: string): void {
  const startedAt = performance.now();
  response.set('Server', `cardinal/${version}`);
  response.set('X-Content-Type-Options', 'nosniff');
  response.set('Cache-Control', 'no-store');
  const { writeHead } = response;
  response.writeHead = function stamped(this: Response, ...rest: unknown[]) {
    this.setHeader('X-Kong-Admin-Latency', String(Math.round(performance.now() - startedAt)));
    return (writeHead as (...all: unknown[]) => Response).apply(this, rest);
  } as typeof response.writeHead;
}
