/** How a Redis is reached, as plugins' `redis` records say it (shared/plugins/redis-record.ts). */

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisConfig {
  readonly host: string | null;
  readonly port: number;
  /** Milliseconds that making a connection may take, and that a silent one is kept. */
  readonly timeout: number;
  /** Milliseconds a request waits at most, once, before the breaker opens. */
  readonly max_wait: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly ssl: boolean;
  readonly ssl_verify: boolean;
  readonly server_name: string | null;
  readonly sentinel_nodes: readonly RedisNode[] | null;
  readonly sentinel_master: string | null;
  readonly sentinel_role: string | null;
  readonly sentinel_username: string | null;
  readonly sentinel_password: string | null;
  readonly cluster_nodes: readonly RedisNode[] | null;
  readonly cluster_max_redirections: number;
}

/** For logs and metrics: where it is, without who we are there. */
export function shownAddress(config: RedisConfig): string {
  if (config.sentinel_nodes !== null) return `sentinel:${config.sentinel_master}/${config.database}`;
  const nodes = config.cluster_nodes;
  if (nodes !== null) return `cluster:${nodes[0]!.host}:${nodes[0]!.port}`;
  return `${config.host}:${config.port}/${config.database}`;
}
