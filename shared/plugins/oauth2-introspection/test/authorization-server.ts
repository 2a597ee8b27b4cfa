/** An introspection endpoint that says what a test wants, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface AuthorizationServer {
  readonly url: string;
  readonly asked: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly method: string }[];
  /** What tokens are, by token; others are not active. */
  readonly tokens: Map<string, object>;
  /** Takes over from the answer; undefined: answers as it should. */
  instead: ((response: ServerResponse) => void) | undefined;
  stop(): Promise<void>;
}

export async function startAuthorizationServer(t: TestContext): Promise<AuthorizationServer> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      self.asked.push({ headers: request.headers, body, method: request.method ?? '' });
      if (self.instead !== undefined) {
        self.instead(response);
        return;
      }
      const claims = self.tokens.get(new URLSearchParams(body).get('token') ?? '');
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(claims === undefined ? { active: false } : { active: true, ...claims }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  t.after(stop);
  const self: AuthorizationServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`,
    asked: [],
    tokens: new Map(),
    instead: undefined,
    stop,
  };
  return self;
}
