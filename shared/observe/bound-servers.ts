/** HTTP servers of one purpose on several addresses: all of them are bound, or none is. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../config/settings/listen.ts';

/** Rejects with the system error, its `address` and `port` those that failed. */
export async function bindServers(
  listen: readonly ListenAddress[],
  create: () => Server,
  maxConnections: number,
): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const address of listen) servers.push(await bind(address, create(), maxConnections));
  } catch (error) {
    await Promise.all(servers.map(cutServer));
    throw error;
  }
  return servers;
}

export function boundAddresses(servers: readonly Server[]): { host: string; port: number }[] {
  return servers.map((server) => {
    const { address, port } = server.address() as AddressInfo;
    return { host: address, port };
  });
}

/** Ends it with all its connections. */
export function cutServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function bind(address: ListenAddress, server: Server, maxConnections: number): Promise<Server> {
  server.maxConnections = maxConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address.host, port: address.port, backlog: 128 }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(server);
    });
  });
}
