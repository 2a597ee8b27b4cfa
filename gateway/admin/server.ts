/**
 * The Admin API's listener. Off the request path, in the supervisor's thread, with express. Every answer has
 * Kong's shape; nothing here is reachable through a proxy address.
 */
import { createServer } from 'node:http';
import type { ListenAddress } from '../../shared/config/settings/listen.ts';
import { bindServers, boundAddresses } from '../../shared/observe/bound-servers.ts';
import { adminApp } from './app.ts';
import type { AdminContext } from './context.ts';

const MAX_CONNECTIONS = 1024;

export interface AdminServer {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Stops accepting, lets answers finish for `timeoutMs`, then cuts. */
  close(timeoutMs: number): Promise<void>;
}

/** Binds all or none. Rejects with the system error, its `address` and `port` those that failed. */
export async function startAdminServer(
  listen: readonly ListenAddress[],
  context: AdminContext,
): Promise<AdminServer> {
  const app = adminApp(context);
  const limits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    // As long as Kong's: a client that sends on a connection just as it is closed sees an error.
    keepAliveTimeout: 75_000,
  };
  const servers = await bindServers(listen, () => createServer(limits, app), MAX_CONNECTIONS);
  return {
    addresses: boundAddresses(servers),
    close: async (timeoutMs) => {
      const timer = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, timeoutMs);
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      );
      clearTimeout(timer);
    },
  };
}
