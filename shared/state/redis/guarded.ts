/**
 * Connections of ioredis whose errors cannot end the process. ioredis hears the first error of a connection; a TLS
 * connection may have a second one (the peer's alert behind our own refusal), and an error that nobody hears is an
 * uncaught exception in Node. Clients are given here before they connect.
 */
import type { Cluster, Redis } from 'ioredis';

interface Connector {
  connect(...given: unknown[]): Promise<{ on(event: 'error', listener: () => void): unknown }>;
}

/** `redis` has been made with `lazyConnect`; it begins to connect. */
export function connectGuarded(redis: Redis): Redis {
  guard(redis);
  // What goes wrong is an event, and is tried again.
  redis.connect().catch(() => {});
  return redis;
}

/** `cluster` makes its nodes later, and tells of each before it connects. */
export function guardNodes(cluster: Cluster): Cluster {
  cluster.on('+node', guard);
  return cluster;
}

function guard(redis: Redis): void {
  // Not in its types; a test notices when it is gone.
  const { connector } = redis as unknown as { readonly connector?: Connector };
  if (connector === undefined) return;
  const connect = connector.connect.bind(connector);
  connector.connect = async (...given) => {
    const stream = await connect(...given);
    stream.on('error', () => {});
    return stream;
  };
}
