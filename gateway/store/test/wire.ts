/** A connection to a server on which things get lost or late. */
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { RedisServer } from '../../../test/harness/redis-server.ts';

/**
 * Stands between a store and its server. What is done to connections is done to those that are there; those that are
 * made afterwards work.
 */
export class Wire {
  port = 0;
  /** What is published gets lost. */
  isDeaf = false;
  readonly #connections = new Set<{ swallows: boolean; holds: boolean }>();
  readonly #held: (() => void)[] = [];

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  async listen(t: TestContext, server: RedisServer): Promise<void> {
    const sockets = new Set<Socket>();
    const listening = createServer((client) => {
      const upstream = connect({ host: '127.0.0.1', port: server.port });
      const connection = { swallows: false, holds: false };
      this.#connections.add(connection);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => {});
      }
      client.on('data', (data) => {
        if (connection.holds) this.#held.push(() => upstream.write(data));
        else upstream.write(data);
      });
      upstream.on('data', (data) => {
        if (!connection.swallows && !(this.isDeaf && data.includes('message'))) client.write(data);
      });
      // The server keeps the connection of a client that left: what is on its way still arrives.
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    this.port = (listening.address() as { port: number }).port;
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    });
  }

  /** The server's answers are lost. */
  swallow(): void {
    for (const connection of this.#connections) connection.swallows = true;
  }

  /** What the store sends stays on its way. */
  hold(): void {
    for (const connection of this.#connections) connection.holds = true;
  }

  /** What was held arrives. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }
}
