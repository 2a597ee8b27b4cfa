/**
 * The Admin API's listener. Off the request path, in the supervisor's thread, with express. Every answer has
 * Kong's shape; nothing here is reachable through a proxy address.
 */
import { createServer } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { ListenAddress } from '../../shared/config/settings/listen.ts';
import { bindServers, boundAddresses } from '../../shared/observe/bound-servers.ts';
import { postConfig } from './config-endpoint.ts';
import type { AdminContext } from './context.ts';
import { memoryFormat, nodeStatus } from './node-status.ts';
import { observeRouter } from './observe/observe-router.ts';
import { rootDocument } from './root.ts';

const MAX_CONNECTIONS = 1024;
type Handler = (request: Request, response: Response) => Promise<void>;

export interface AdminServer {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Stops accepting, lets answers finish for `timeoutMs`, then cuts. */
  close(timeoutMs: number): Promise<void>;
}

export function adminApp(context: AdminContext): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('strict routing', false);
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  app.use((_request, response, next) => {
    const startedAt = performance.now();
    response.set('Server', `cardinal/${context.node.version}`);
    response.set('X-Content-Type-Options', 'nosniff');
    response.set('Cache-Control', 'no-store');
    const { writeHead } = response;
    response.writeHead = function stamped(this: Response, ...rest: unknown[]) {
      this.setHeader('X-Kong-Admin-Latency', String(Math.round(performance.now() - startedAt)));
      return (writeHead as (...all: unknown[]) => Response).apply(this, rest);
    } as typeof response.writeHead;
    next();
  });
  app.use(context.access.middleware, context.access.router);
  app.use(observeRouter(context.observe));

  endpoint(app, '/', {
    GET: async (_request, response) => {
      response.json(await rootDocument(context, (await context.poolStatus()).workers.length));
    },
  });
  endpoint(app, '/status', {
    GET: async (request, response) => {
      const query = new URL(request.originalUrl, 'http://admin').searchParams;
      const memory = memoryFormat(query.get('unit') ?? undefined, query.get('scale') ?? undefined);
      if (typeof memory === 'string') {
        response.status(400).json({ message: memory });
        return;
      }
      const { hash } = context.control.current;
      response.json(nodeStatus(await context.poolStatus(), hash, context.counterBytes, memory));
    },
  });
  app.use('/config', express.raw({ type: () => true, limit: context.maxBodyBytes }));
  endpoint(app, '/config', { POST: (request, response) => postConfig(context, request, response) });

  app.use((_request: Request, response: Response) => {
    response.status(404).json({ message: 'Not found' });
  });
  app.use(
    (
      error: Error & { status?: number; type?: string },
      _request: Request,
      response: Response,
      next: NextFunction,
    ) => {
      if (response.headersSent) {
        next(error);
        return;
      }
      const status = error.status ?? 500;
      if (status === 413) response.status(413).json({ message: 'Payload too large' });
      else if (status >= 400 && status < 500) response.status(status).json({ message: 'Bad request' });
      else {
        context.log.error('an Admin API request failed', { error });
        response.status(500).json({ message: 'An unexpected error occurred' });
      }
    },
  );
  return app;
}

/** The methods of one path; others get 405, OPTIONS the list, HEAD what GET gives. */
function endpoint(app: express.Express, path: string, methods: Readonly<Record<string, Handler>>): void {
  const names = [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ');
  app.all(path, async (request, response) => {
    const handler = methods[request.method === 'HEAD' ? 'GET' : request.method];
    if (handler !== undefined) await handler(request, response);
    else if (request.method === 'OPTIONS') response.status(204).set('Allow', names).end();
    else response.status(405).set('Allow', names).json({ message: 'Method not allowed' });
  });
}

/** Binds all or none. Rejects with the system error, its `address` and `port` those that failed. */
export async function startAdminServer(
  listen: readonly ListenAddress[],
  context: AdminContext,
): Promise<AdminServer> {
  const app = adminApp(context);
  const limits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 5_000,
  };
  const servers = await bindServers(listen, () => createServer(limits, app), MAX_CONNECTIONS);
  return {
    addresses: boundAddresses(servers),
    close: async (timeoutMs) => {
      const timer = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, timeoutMs);
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      );
      clearTimeout(timer);
    },
  };
}
