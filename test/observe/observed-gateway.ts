/** A gateway of two workers before an echo server, with a route that anybody may use and one that asks for a key. */
import type { TestContext } from 'node:test';
import { startEcho } from '../harness/echo-server.ts';
import { type Answer, fetchFrom, folder, serve } from '../process/cardinal-process.ts';

export async function observedGateway(t: TestContext, ...args: string[]) {
  const echo = await startEcho(t);
  const file = {
    _format_version: '3.0',
    services: [
      {
        name: 'orders',
        url: `http://127.0.0.1:${echo.port}/inner`,
        routes: [
          { name: 'orders', paths: ['/orders'] },
          {
            name: 'secured',
            paths: ['/secured'],
            plugins: [{ name: 'key-auth', config: { key_names: ['x-customer'] } }],
          },
        ],
      },
    ],
    consumers: [{ username: 'alice', keyauth_credentials: [{ key: 'k-alice' }] }],
  };
  const cwd = await folder(t, { 'kong.json': JSON.stringify(file) });
  const { ready } = await serve(
    t,
    [
      'gateway',
      ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--status-listen', '127.0.0.1:0'],
      ...['--workers', '2', '--config', 'kong.json'],
      ...args,
    ],
    { cwd },
  );
  const proxy = (ready['proxy'] as string[])[0]!;
  const admin = (ready['admin'] as string[])[0]!;
  return {
    echo,
    cwd,
    proxy,
    adminAddress: admin,
    ask: (path: string, headers: Record<string, string> = {}) => fetchFrom(proxy, path, { headers }),
    admin: (path: string) => fetchFrom(admin, path),
    post: (path: string, body: unknown): Promise<Answer> =>
      fetchFrom(admin, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}
