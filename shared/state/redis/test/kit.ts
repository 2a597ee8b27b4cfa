/** What state in Redis needs of a plugin kit, for tests. */
import { MetricsRegistry } from '../../../observe/metrics.ts';
import { renderPrometheus } from '../../../observe/prometheus-text.ts';
import type { PluginLogger } from '../../../plugins/contract.ts';
import type { RedisConfig } from '../config.ts';
import { RedisState } from '../shared-state.ts';

export const REDIS: RedisConfig = {
  host: '127.0.0.1',
  port: 6379,
  timeout: 2000,
  max_wait: 2000,
  username: null,
  password: null,
  database: 0,
  ssl: false,
  ssl_verify: false,
  server_name: null,
  sentinel_nodes: null,
  sentinel_master: null,
  sentinel_role: null,
  sentinel_username: null,
  sentinel_password: null,
  cluster_nodes: null,
  cluster_max_redirections: 5,
};

export interface TestState {
  readonly state: RedisState;
  readonly logs: string[];
  metricsText(): string;
}

export function makeState(
  t: { after(end: () => Promise<void>): void },
  config: Partial<RedisConfig>,
): TestState {
  const logs: string[] = [];
  const line = (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    void logs.push(`${message} ${JSON.stringify(fields)}`);
  const log: PluginLogger = { debug: line, info: line, warn: line, error: line };
  const metrics = new MetricsRegistry();
  const state = new RedisState({ ...REDIS, ...config }, { log, metrics });
  t.after(() => state.close());
  return { state, logs, metricsText: () => renderPrometheus(metrics.snapshot()) };
}
