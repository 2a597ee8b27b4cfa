/** A microgateway beside `orders` that is configured by a control plane, and what it is configured with. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { type CardinalProcess, fetchFrom, serve } from '../process/cardinal-process.ts';
import type { FakeControlPlane } from './fake-control-plane.ts';

const plugins = await bundledPlugins();

export interface Wanted {
  /** Keys of consumers. */
  readonly keys?: readonly string[];
  /** Path of the one route. */
  readonly path?: string;
  /** More routes, to make it larger. */
  readonly more?: number;
}

export function ordersConfiguration({ keys = ['ann-key'], path = '/orders', more = 0 }: Wanted = {}) {
  const routes = Array.from(
    { length: more },
    (_, i) => `      - { name: more-${i}, paths: [/more/${i}], strip_path: false }\n`,
  );
  const consumers = keys.map(
    (key, i) => `  - { username: user-${i}, keyauth_credentials: [{ key: ${key} }] }\n`,
  );
  return configurationOf(
    `_format_version: "3.0"
services:
  - name: orders
    url: http://orders.internal
    plugins:
      - { name: key-auth }
    routes:
      - { name: orders, paths: [${path}], strip_path: false }
${routes.join('')}consumers:
${consumers.join('')}`,
    plugins,
  );
}

export interface Running {
  readonly cardinal: CardinalProcess;
  readonly inbound: string;
  readonly outbound: string;
  readonly status: string;
  /** Status of a request with that key. */
  ask(key: string, path?: string): Promise<number>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  sync(): Promise<any>;
}

export interface Options {
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly token?: string;
}

/** `to`: port of the application. */
export async function startMicrogateway(
  t: TestContext,
  plane: Pick<FakeControlPlane, 'url' | 'token'>,
  to: number,
  { cwd, args = [], token = plane.token }: Options,
): Promise<Running> {
  const { process: cardinal, ready } = await serve(
    t,
    [
      'microgateway',
      ...['--control-plane', plane.url, '--service', 'orders', '--to', `http://127.0.0.1:${to}`],
      ...['--inbound-listen', '127.0.0.1:0', '--outbound-listen', '127.0.0.1:0'],
      ...['--status-listen', '127.0.0.1:0'],
      ...args,
    ],
    { cwd, env: token === '' ? {} : { CARDINAL_TOKEN: token } },
  );
  const of = (name: string) => (ready[name] as string[])[0] as string;
  const inbound = of('inbound');
  const status = of('status');
  return {
    cardinal,
    inbound,
    outbound: of('outbound'),
    status,
    ask: async (key, path = '/orders') =>
      (await fetchFrom(inbound, path, { headers: { apikey: key } })).status,
    sync: async () => (await fetchFrom(status, '/status/sync')).json,
  };
}

/** Port of an application that answers everything with 200. */
export async function application(t: TestContext): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Length', 2);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
