/**
 * Single requests by the harness: is a proxy ready, does it answer what it should, what does it send on.
 */

import { type Agent, request } from 'node:http';
import { createServer } from 'node:net';

export interface ProbeRequest {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
  /** Without one the connection is closed after the request, and `Connection: close` says so. */
  readonly agent?: Agent;
}

export interface ProbeResponse {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** One request. Rejects when it is refused, cut or takes too long. */
export function probe(options: ProbeRequest): Promise<ProbeResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: options.port,
        path: options.path,
        method: options.method ?? 'GET',
        headers: {
          ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
          ...options.headers,
        },
        agent: options.agent ?? false,
        signal: AbortSignal.timeout(options.timeoutMs ?? 5000),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/**
 * Repeats a request until it is answered with 200; returns the milliseconds since `sinceMs`
 * (`performance.now()`), or the reason why it gave up.
 */
export async function untilOk(
  options: ProbeRequest,
  sinceMs: number,
  limits: { readonly withinMs: number; readonly everyMs: number; readonly ended: () => string | null },
): Promise<number | string> {
  let last = 'no answer';
  while (performance.now() - sinceMs < limits.withinMs) {
    const ended = limits.ended();
    if (ended !== null) return `it ended (${ended})`;
    try {
      const response = await probe({ ...options, timeoutMs: 1000 });
      if (response.status === 200) return performance.now() - sinceMs;
      last = `status ${response.status}: ${response.body.toString('latin1', 0, 120)}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, limits.everyMs));
  }
  return `not ready after ${limits.withinMs} ms (${last})`;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
