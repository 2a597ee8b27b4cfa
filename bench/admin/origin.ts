/** What the gateway of this benchmark proxies to: answers at once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function startOrigin(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
