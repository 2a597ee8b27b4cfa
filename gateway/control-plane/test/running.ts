/** A control plane on a free port, with a configuration that tests change, and nodes that join it. */
import type { TestContext } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../../shared/config/empty.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import { pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { createLogger } from '../../../shared/observe/logger.ts';
import { MetricsRegistry } from '../../../shared/observe/metrics.ts';
import { configurationOf, bundledPlugins as load } from '../../../test/harness/configuration.ts';
import type { ServedConfiguration } from '../../configuration/contract.ts';
import type { Documents } from '../authority.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../control-plane.ts';
import { createJoinToken, type JoinTokenOptions } from '../join-tokens.ts';
import { MemoryDocuments } from './memory-documents.ts';
import { type NodeOptions, TestNode } from './test-node.ts';

const plugins = await load();
export const registry = pluginRegistry(plugins.values());
export const definitions = entityIndex(registry);
/** Versions of the bundled plugins, as a node of the same version has them. */
export const PLUGIN_VERSIONS: Readonly<Record<string, string>> = Object.fromEntries(
  [...plugins.values()].map(({ name, version }) => [name, version]),
);
export const bundledPlugins = plugins;

export function configured(yaml: string): Promise<Configuration> {
  return configurationOf(`_format_version: "3.0"\n${yaml}`, plugins);
}

/** What a gateway serves, as the control plane sees it. */
export class TestSource {
  served: ServedConfiguration;
  source: ControlPlaneOptions['source']['source'] = 'sqlite';
  readonly #listeners = new Set<(served: ServedConfiguration) => void>();

  /** Generation 2: so that it is not the first one by chance. */
  constructor(configuration: Configuration = EMPTY_CONFIGURATION) {
    this.served = { generation: 2, configuration };
  }

  serve(configuration: Configuration, generation = this.served.generation + 1): number {
    this.served = { generation, configuration };
    for (const listener of this.#listeners) listener(this.served);
    return generation;
  }

  onChange(listener: (served: ServedConfiguration) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Running {
  readonly controlPlane: ControlPlane;
  readonly port: number;
  readonly source: TestSource;
  readonly store: Documents;
  /** Lines of the log. */
  readonly log: string[];
  token(options: JoinTokenOptions): Promise<string>;
  /** A node that has joined; not connected. */
  node(options: Omit<NodeOptions, 'port'>): Promise<TestNode>;
}

let serial = 0;

/** A node id that is different at each call. */
export function nodeId(): string {
  serial++;
  return `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`;
}

export async function start(
  t: Pick<TestContext, 'after'>,
  {
    yaml,
    ...more
  }: Partial<ControlPlaneOptions> & { readonly source?: TestSource; readonly yaml?: string } = {},
): Promise<Running> {
  const source =
    more.source ?? new TestSource(yaml === undefined ? EMPTY_CONFIGURATION : await configured(yaml));
  const log: string[] = [];
  const now = more.now ?? Date.now;
  const store = more.store ?? new MemoryDocuments(now);
  const controlPlane = await startControlPlane({
    listen: [{ host: '127.0.0.1', port: 0, ssl: false, backlog: 128 }],
    store,
    definitions,
    plugins: new Map(Object.entries(PLUGIN_VERSIONS)),
    node: { id: 'replica-1', version: '0.1.0' },
    log: createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line), repeatBurst: 1e6 }),
    metrics: new MetricsRegistry(),
    ...more,
    source,
  });
  t.after(() => controlPlane.close());
  const port = controlPlane.addresses[0]?.port as number;
  const token = (options: JoinTokenOptions): Promise<string> => createJoinToken(store, options, now());
  return {
    controlPlane,
    port,
    source,
    store,
    log,
    token,
    async node(options) {
      const node = new TestNode({ plugins: PLUGIN_VERSIONS, ...options, port });
      t.after(() => node.close());
      const answer = await node.join(await token({ role: node.role }));
      if (answer.status !== 200) throw new Error(`join: ${answer.status} ${answer.body}`);
      return node;
    },
  };
}

export const SHOP = `
services:
  - name: orders
    url: http://orders.internal:3000
    routes:
      - { name: orders, paths: [/orders] }
  - name: users
    host: users-pool
    routes:
      - { name: users, paths: [/users] }
  - name: secret
    url: http://secret.internal
upstreams:
  - name: users-pool
    targets: [ { target: "10.0.0.1:80" } ]
consumers:
  - username: alice
    keyauth_credentials: [ { key: key-of-alice } ]
plugins:
  - { name: key-auth, service: orders }
`;
