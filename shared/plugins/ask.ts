/**
 * One HTTP request of a plugin's own (to an authorization server, for a key set), with a bound on time and size. No
 * redirect is followed and certificates are verified. node:http is loaded with the first request.
 */
import type { Agent, RequestOptions } from 'node:http';

export interface AskOptions {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole of it: connecting, asking, reading. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly agent: Agent;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

function moduleFor(url: URL): typeof import('node:http') | typeof import('node:https') {
  return process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
}

/** Kept connections to one server; at most 64. `keepaliveMs`: how long an idle one is kept. */
export function openAgent(url: URL, keepaliveMs: number): Agent {
  return new (moduleFor(url).Agent)({
    keepAlive: keepaliveMs > 0,
    maxSockets: 64,
    maxFreeSockets: 8,
    ...(keepaliveMs > 0 && { timeout: keepaliveMs }),
  });
}

/** Rejects when there is no whole answer in time. Messages have no content of the request in them. */
export function ask({ url, method, headers, body, timeoutMs, maxBytes, agent }: AskOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { method, headers, agent };
    const request = moduleFor(url).request(url, options, (response) => {
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > maxBytes) request.destroy(new Error(`the answer has more than ${maxBytes} octets`));
        else pieces.push(piece);
      });
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the answer was cut off')));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) });
      });
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    function fail(error: Error): void {
      clearTimeout(timer);
      reject(error);
    }
    request.on('error', fail);
    request.end(body);
  });
}
