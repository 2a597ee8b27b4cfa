/**
 * The way from the Admin API to a node's own status listener, for a UI that cannot reach it. Only reading, only these
 * paths, only nodes that are connected, only the address they are connected from: it must never fetch anything else
 * on somebody's behalf. What comes back is text of a machine that may be hostile: it never gets a type that a browser
 * would run, and nothing of the caller's credentials goes out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Request, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { NodeRow } from './node-row.ts';

const PATHS: ReadonlyMap<string, string> = new Map([
  ['/livez', 'application/json; charset=utf-8'],
  ['/readyz', 'application/json; charset=utf-8'],
  ['/status', 'application/json; charset=utf-8'],
  ['/status/sync', 'application/json; charset=utf-8'],
  ['/metrics', 'text/plain; version=0.0.4; charset=utf-8'],
]);
const WITHIN_MS = 3_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_AT_ONCE = 16;
const SENT_HEADERS = new Set(['host', 'accept', 'connection']);

/** `http://IP:PORT` of a node's status listener, or why there is none. */
export function statusTarget(row: NodeRow): { readonly url: string } | { readonly problem: string } {
  if (!row.connected) return { problem: 'the node is not connected' };
  if (row.statusAddress === null) return { problem: 'the node offers no status listener' };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(row.statusAddress);
  const named = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (named === '' || !(port >= 1 && port <= 65535)) {
    return { problem: 'the status address of the node is not an address and a port' };
  }
  // A node could otherwise name any address that this machine reaches. A name stands for where it is connected from.
  if (isIP(named) !== 0 && canonical(named) !== canonical(row.ip)) {
    return { problem: 'the status address of the node is not the address it is connected from' };
  }
  const host = row.ip;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
}

/** Answers one request for `path` below a node's status. */
export type StatusProxy = (request: Request, response: Response, row: NodeRow, path: string) => Promise<void>;

export function statusProxy(): StatusProxy {
  const targets = new WeakMap<IncomingMessage, { readonly url: string; readonly type: string }>();
  let active = 0;
  const proxy = createProxyMiddleware<IncomingMessage, ServerResponse>({
    router: (request) => targets.get(request)?.url ?? '',
    changeOrigin: true,
    selfHandleResponse: true,
    proxyTimeout: WITHIN_MS,
    on: {
      proxyReq(outgoing) {
        for (const name of outgoing.getHeaderNames()) {
          if (!SENT_HEADERS.has(name)) outgoing.removeHeader(name);
        }
      },
      proxyRes(incoming, request, response) {
        void relay(incoming, response, targets.get(request)?.type ?? 'text/plain');
      },
      error(_error, _request, response) {
        fail(response as ServerResponse);
      },
    },
  });
  return async (request, response, row, path) => {
    const type = PATHS.get(path);
    if (type === undefined) return send(response, 404, 'Not found');
    const { headers } = request;
    if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') {
      return send(response, 400, 'a body has no meaning here');
    }
    const target = statusTarget(row);
    if ('problem' in target) return send(response, 502, target.problem);
    if (active >= MAX_AT_ONCE) return send(response, 503, 'too many nodes are asked at this moment');
    active++;
    // The whole of it, not only the silence between two octets.
    const timer = setTimeout(() => fail(response), WITHIN_MS);
    response.once('close', () => {
      clearTimeout(timer);
      active--;
    });
    targets.set(request, { url: target.url, type });
    request.url = path;
    // The answer to HEAD is that to GET without its body; node:http leaves it out.
    request.method = 'GET';
    await proxy(request, response, () => {});
  };
}

async function relay(incoming: IncomingMessage, response: ServerResponse, type: string): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES || response.writableEnded) throw new Error('enough');
      chunks.push(chunk);
    }
  } catch {
    incoming.destroy();
    fail(response);
    return;
  }
  if (response.headersSent) return;
  const status = incoming.statusCode === 200 || incoming.statusCode === 503 ? incoming.statusCode : 502;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': size,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(Buffer.concat(chunks));
}

function fail(response: ServerResponse): void {
  send(response, 502, 'the status listener of the node does not answer');
}

function send(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify({ message }));
}

/** One spelling for every address. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  return new URL(`http://[${address}]`).hostname;
}
