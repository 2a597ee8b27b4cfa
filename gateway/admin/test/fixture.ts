/**
 * The Admin API over a model in memory: real schemas, the real model, no store and no workers. A change runs twice, the
 * first time in vain, as the contract allows.
 */
import { Router } from 'express';
import { plugins as testPlugins } from '../../../shared/config/declarative/test/fixture-plugins.ts';
import { EMPTY_CONFIGURATION } from '../../../shared/config/empty.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import { type PluginRegistry, pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { createReader } from '../../../shared/config/source/declarative-reader.ts';
import { createLogger } from '../../../shared/observe/logger.ts';
import { openCatalog, type PluginCatalog } from '../../../shared/plugins/catalog.ts';
import type { AnyPluginDefinition, PluginSchema } from '../../../shared/plugins/contract.ts';
import { Random } from '../../../shared/test/random.ts';
import type { ManagedConfiguration, WriteOrigin } from '../../configuration/contract.ts';
import type { ModelDraft } from '../../model/contract.ts';
import { Model } from '../../model/model.ts';
import type { Commit } from '../../store/contract.ts';
import type { PoolStatus } from '../../workers/pool.ts';
import { adminApp } from '../app.ts';
import type { AdminContext } from '../context.ts';

export const START = 1_790_000_000_000;
const NODE = '6a9f1d8e-0000-4000-8000-000000000001';

const bundled = await openCatalog(['bundled'], [], true);
/** The bundled plugins, and of the tests' own those that are not bundled. */
export const catalog: PluginCatalog = withTestPlugins(bundled);
export const registry: PluginRegistry = pluginRegistry(catalog.schemas);

function withTestPlugins(real: PluginCatalog): PluginCatalog {
  const known = new Set(real.schemas.map(({ name }) => name));
  const more = testPlugins
    .names()
    .filter((name) => !known.has(name))
    .map((name) => ({ name, mayOwn: true, schema: testPlugins.schema(name) as PluginSchema }));
  return {
    ...real,
    schemas: [...real.schemas, ...more],
    all: async () => [
      ...(await real.all()),
      ...more.map(
        (plugin) => ({ ...plugin, version: '1.0.0', priority: 1 }) as unknown as AnyPluginDefinition,
      ),
    ],
  };
}

export class MemoryConfiguration implements ManagedConfiguration {
  writable = true;
  source: ManagedConfiguration['source'] = 'memory';
  now = START;
  generation = 0;
  commits: Commit[] = [];
  readonly random = new Random(1);
  readonly #model: Model;

  constructor() {
    this.#model = Model.from(entityIndex(registry), registry, new Map(), { now: () => this.now });
  }

  get view(): Model {
    return this.#model;
  }

  get served() {
    const configuration = this.#model.configuration(this.#model.hash());
    return { generation: this.generation, configuration };
  }

  async write<T>(origin: WriteOrigin, change: (draft: ModelDraft) => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    const draft = () => this.#model.draft({ now: () => this.now, uuid: () => this.random.uuid() });
    change(draft());
    const final = draft();
    const result = final.attempt(() => change(final));
    const changed = final.change;
    if (changed.length > 0) {
      this.#model.apply(changed);
      const author = { at: this.now, ...origin };
      this.commits.unshift({
        generation: ++this.generation,
        at: this.now,
        node: NODE,
        hash: this.#model.hash(),
        authors: [author],
        change: changed,
      });
    }
    return result;
  }

  async history(): Promise<readonly Commit[]> {
    return this.commits;
  }

  async restore(generation: number, origin: WriteOrigin): Promise<void> {
    const later = this.commits.filter((commit) => commit.generation > generation);
    await this.write(origin, (draft) => {
      for (const { change } of later)
        draft.replace(change.map((one) => ({ ...one, before: one.after, after: one.before })));
    });
  }

  onChange(): () => void {
    return () => {};
  }
}

export interface Bench {
  readonly app: ReturnType<typeof adminApp>;
  readonly managed: MemoryConfiguration;
  readonly marks: unknown[];
  readonly levels: string[];
}

export const POOL: PoolStatus = {
  workers: [{ worker: 1, listening: true, heapUsedBytes: 3 * 1024 ** 2 }],
  restarts: 0,
  generation: 1,
  connectionsActive: 2,
  connectionsAccepted: 5,
  requestsTotal: 7,
  requestsActive: 1,
  upstreams: [],
};

/** A gateway whose configuration comes from a file. */
export function withoutStore(): Bench {
  const made = bench({}, false);
  made.managed.writable = false;
  made.managed.source = 'file';
  return made;
}

export function bench(overrides: Partial<AdminContext> = {}, store = true): Bench {
  const managed = new MemoryConfiguration();
  const marks: unknown[] = [];
  const levels: string[] = [];
  const log = createLogger({ level: 'crit', write: () => {} });
  const app = adminApp({
    node: { id: NODE, hostname: 'here', version: '9.9.9' },
    settings: { log_level: 'notice', store: 'redis://ann:word@10.0.0.1:6379/0', join_token: 'word' },
    plugins: catalog,
    role: 'traditional',
    controlPlane: undefined,
    managed,
    control: { busy: false, current: EMPTY_CONFIGURATION } as AdminContext['control'],
    reader: createReader(catalog.schemas),
    maxBodyBytes: 1024 ** 2,
    ui: true,
    access: { middleware: (_request, _response, next) => next(), router: Router() },
    counterBytes: 1024,
    store: async () => {},
    ...(store ? { storeReachable: async () => true } : {}),
    poolStatus: async () => POOL,
    workers: {
      markTarget: async (...mark) => marks.push(mark),
      operatePlugin: async () => [],
      setLogLevel: async (level) => void levels.push(level),
    },
    metrics: async () => '# nothing\n',
    logLevel: 'notice',
    draining: () => false,
    log,
    ...overrides,
  });
  return { app, managed, marks, levels };
}
