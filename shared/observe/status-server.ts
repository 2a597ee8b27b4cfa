/**
 * The status listener: `/livez`, `/readyz`, `/status`, `/status/ready`, `/status/sync`, `/metrics`. Read-only, bounded, and
 * apart from the traffic, so that it answers while that is shed. It holds no secrets and decides nothing.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/settings/listen.ts';
import { bindServers, boundAddresses, cutServer } from './bound-servers.ts';
import { PROMETHEUS_CONTENT_TYPE } from './prometheus-text.ts';

const { createServer } = process.getBuiltinModule('node:http');

export interface StatusSource {
  /** Why traffic should not be sent here now; empty = ready. */
  notReady(): readonly NotReady[];
  status(): Promise<Readonly<Record<string, unknown>>>;
  /** How things are with the control plane; absent where there is none, and `/status/sync` is not found. */
  sync?(): object;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface NotReady {
  /** Stable: `no_configuration`, `no_listener`, `draining`. */
  readonly reason: string;
  readonly message: string;
}

export interface StatusServer {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
const MAX_REQUEST_BODY = 64 * 1024;

/** Binds all or none. Rejects with the system error, its `address` and `port` those that failed. */
export async function startStatusServer(
  listen: readonly ListenAddress[],
  source: StatusSource,
): Promise<StatusServer> {
  const servers = await bindServers(listen, () => statusServer(source), MAX_CONNECTIONS);
  return {
    addresses: boundAddresses(servers),
    close: async () => {
      await Promise.all(servers.map(cutServer));
    },
  };
}

function statusServer(source: StatusSource): Server {
  return createServer(
    {
      maxHeaderSize: 8192,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => {
      answer(request, response, source).catch(() => {
        if (!response.headersSent) sendJson(response, 500, { message: 'An unexpected error occurred' });
        else response.destroy();
      });
    },
  );
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: StatusSource,
): Promise<void> {
  discardBody(request);
  const path = (request.url ?? '/').split('?', 1)[0]?.replace(/(.)\/$/, '$1');
  const known =
    ['/livez', '/readyz', '/status', '/status/ready', '/metrics'].includes(path ?? '') ||
    (path === '/status/sync' && source.sync !== undefined);
  if (!known) return sendJson(response, 404, { message: 'Not found' });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendJson(response, 405, { message: 'Method not allowed' });
  }
  switch (path) {
    case '/livez':
      return sendJson(response, 200, { status: 'alive' });
    case '/readyz': {
      const reasons = source.notReady();
      return reasons.length === 0
        ? sendJson(response, 200, { status: 'ready' })
        : sendJson(response, 503, { status: 'not ready', reasons });
    }
    case '/status/ready': {
      const [first] = source.notReady();
      return first === undefined
        ? sendJson(response, 200, { message: 'ready' })
        : sendJson(response, 503, { message: first.message });
    }
    case '/status':
      return sendJson(response, 200, await source.status());
    case '/status/sync':
      return sendJson(response, 200, source.sync?.());
    default:
      return send(response, 200, PROMETHEUS_CONTENT_TYPE, await source.metrics());
  }
}

/** A request here has no use for a body; one that is large is cut off instead of being read. */
function discardBody(request: IncomingMessage): void {
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_REQUEST_BODY) request.destroy();
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  // node:http leaves the body out of the answer to HEAD.
  response.end(body);
}
