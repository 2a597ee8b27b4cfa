/**
 * Makes sure that a proxy address is free before workers share it. Workers bind with SO_REUSEPORT, and the
 * kernel would let a second gateway of the same user join in silently; binding once without it does not.
 * A port 0 becomes a real one here, so that all workers get the same.
 */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ListenAddress } from '../shared/config/settings/listen.ts';

/** Resolves with the addresses and their real ports. Rejects with the system error and `address` on it. */
export async function claimPorts(addresses: readonly ListenAddress[]): Promise<ListenAddress[]> {
  const claimed: ListenAddress[] = [];
  for (const address of addresses) claimed.push({ ...address, port: await claim(address) });
  return claimed;
}

function claim(address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(Object.assign(error, { listen: address })));
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
