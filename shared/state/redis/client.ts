/**
 * Makes an ioredis client (one server, what sentinels name, or a cluster) that queues nothing and sends nothing
 * twice: a count that was perhaps carried out must not be made again. ioredis is loaded here, and only when a
 * configuration uses Redis.
 */
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import type { RedisConfig } from './config.ts';
import { connectGuarded, guardNodes } from './guarded.ts';

export type RedisClient = Redis | Cluster;

const MAX_RECONNECT_PAUSE_MS = 1000;

/** Some randomness, so that many gateways do not come back at the same moment. */
function pauseBefore(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 6), MAX_RECONNECT_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** The client begins to connect at once; failures are events, never exceptions. */
export async function makeClient(config: RedisConfig): Promise<RedisClient> {
  const { Cluster, Redis } = await import('ioredis');
  const tls = config.ssl
    ? {
        rejectUnauthorized: config.ssl_verify,
        ...(config.server_name !== null && { servername: config.server_name }),
      }
    : undefined;
  const options: RedisOptions = {
    ...(config.username !== null && { username: config.username }),
    ...(config.password !== null && { password: config.password }),
    ...(tls !== undefined && { tls }),
    connectionName: 'cardinal',
    disableClientInfo: true,
    connectTimeout: Math.max(1, config.timeout),
    disconnectTimeout: 50,
    keepAlive: 10_000,
    noDelay: true,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: pauseBefore,
    // A primary that has become a replica: connect again, and find the one that took over.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  };
  if (config.cluster_nodes !== null) {
    const cluster = new Cluster([...config.cluster_nodes], {
      clusterRetryStrategy: pauseBefore,
      enableOfflineQueue: false,
      slotsRefreshTimeout: Math.max(1, config.timeout),
      maxRedirections: config.cluster_max_redirections,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      redisOptions: options,
    });
    return guardNodes(cluster);
  }
  if (config.sentinel_nodes !== null) {
    const redis = new Redis({
      ...options,
      lazyConnect: true,
      db: config.database,
      sentinels: [...config.sentinel_nodes],
      name: config.sentinel_master ?? '',
      role: config.sentinel_role === 'slave' ? 'slave' : 'master',
      ...(config.sentinel_username !== null && { sentinelUsername: config.sentinel_username }),
      ...(config.sentinel_password !== null && { sentinelPassword: config.sentinel_password }),
      ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
      sentinelRetryStrategy: pauseBefore,
    });
    return connectGuarded(redis);
  }
  const { host, port, database: db } = config;
  return connectGuarded(new Redis({ ...options, lazyConnect: true, db, host: host ?? '127.0.0.1', port }));
}
