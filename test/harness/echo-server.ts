/**
 * An application behind the gateway: tells what it was asked, as JSON. It is Node's own server, so that what
 * it reads and writes has nothing to do with the gateway's codec.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

export interface EchoServer {
  readonly port: number;
  /** What it was asked so far. */
  readonly seen: Echo[];
  /** Status of the next answers; 200 unless set. */
  status: number;
  /** Stops listening and ends its connections. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

/** `tell` picks the request headers that go into the answer; all of them by default. */
export async function startEcho(
  t: TestContext,
  tell: (name: string) => boolean = () => true,
): Promise<EchoServer> {
  const seen: Echo[] = [];
  let port = 0;
  const handler: http.RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => tell(name)),
      ) as Echo['headers'];
      const echo = { method: request.method ?? '', target: request.url ?? '', headers, body };
      seen.push(echo);
      response.writeHead(server.status, { 'Content-Type': 'application/json', 'X-Echo': String(port) });
      response.end(`${JSON.stringify(echo)}\n`);
    });
  };
  let listening = http.createServer(handler);
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(at, '127.0.0.1', resolve);
    });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      listening.closeAllConnections();
      listening.close(() => resolve());
    });
  await listen(0);
  port = (listening.address() as AddressInfo).port;
  t.after(stop);
  const server: EchoServer = {
    port,
    seen,
    status: 200,
    stop,
    restart() {
      listening = http.createServer(handler);
      return listen(port);
    },
  };
  return server;
}
