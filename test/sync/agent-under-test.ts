/** The agent itself in the test's process, with a fake engine behind it: what it is sent can be anything. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Configuration } from '../../shared/config/entities.ts';
import { pluginRegistry } from '../../shared/config/plugin-registry.ts';
import { createLogger } from '../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../shared/observe/metrics.ts';
import { createAgent } from '../../shared/sync/agent/agent.ts';
import type { Agent, AgentOptions } from '../../shared/sync/agent/contract.ts';
import { openGenerationStore } from '../../shared/sync/agent/generation-store.ts';
import { openIdentityStore } from '../../shared/sync/agent/identity-store.ts';
import { systemClock } from '../../shared/upstream/clock.ts';
import { bundledPlugins } from '../harness/configuration.ts';
import { folder } from '../process/cardinal-process.ts';
import type { FakeControlPlane } from './fake-control-plane.ts';

const plugins = pluginRegistry((await bundledPlugins()).values());
export const NODE = '11111111-1111-4111-8111-111111111111';

export interface AgentUnderTest {
  readonly agent: Agent;
  /** What was put in place, in order. */
  readonly applied: Configuration[];
  readonly log: readonly { readonly level: string; readonly message: string }[];
  counted(name: string): number;
}

/** Restored and connecting; it waits little between two attempts. */
export async function startAgent(
  t: TestContext,
  plane: Pick<FakeControlPlane, 'url' | 'token'>,
  overrides: Partial<AgentOptions> & { readonly dataDir?: string } = {},
): Promise<AgentUnderTest> {
  const dataDir = overrides.dataDir ?? (await folder(t));
  const applied: Configuration[] = [];
  const log: { level: string; message: string }[] = [];
  const metrics = new MetricsRegistry();
  const { apply } = overrides;
  const agent = createAgent({
    url: plane.url,
    token: plane.token,
    name: { node: NODE, role: 'microgateway', service: 'orders' },
    subscription: { service: 'orders', calls: [] },
    version: '1.2.3',
    hostname: 'host',
    plugins,
    pluginVersions: async () => ({ 'key-auth': '1.2.3' }),
    statusAddress: () => null,
    identityStore: openIdentityStore(dataDir),
    generationStore: openGenerationStore(join(dataDir, 'generations')),
    report: () => ({ rssBytes: 1, requestsTotal: 2, uptimeSeconds: 3 }),
    staleness: { credentialsAfterMs: 86_400_000, credentials: 'serve' },
    budgetBytes: 256 * 1024,
    clock: { ...systemClock, random: () => 0.01, wallNow: Date.now },
    log: createLogger({
      level: 'debug',
      format: 'json',
      write: (line) => void log.push(JSON.parse(line)),
      schedule: () => {},
    }),
    metrics,
    ...overrides,
    apply: async (configuration) => {
      await apply?.(configuration);
      applied.push(configuration);
    },
  });
  t.after(() => agent.close());
  await agent.restore(async () => undefined);
  agent.connect();
  return {
    agent,
    applied,
    log,
    counted: (name) =>
      metrics.snapshot().families.find((family) => family.name === `cardinal_sync_${name}`)?.values[0] ?? 0,
  };
}
