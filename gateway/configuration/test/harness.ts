/** A stored configuration over a store in memory, with workers that are only counted. */
import { randomUUID } from 'node:crypto';
import { CompileError } from '../../../shared/config/compile/compile-error.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import type { Configuration } from '../../../shared/config/entities.ts';
import { pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { createLogger } from '../../../shared/observe/logger.ts';
import keyAuth from '../../../shared/plugins/key-auth/schema.ts';
import type { Commit, Store } from '../../store/contract.ts';
import { MemoryStore } from '../../store/memory.ts';
import type { ApplyOptions } from '../../workers/pool.ts';
import { ConfigurationControl } from '../control.ts';
import { StoredConfiguration } from '../stored-configuration.ts';

const PLUGINS = pluginRegistry([{ name: 'key-auth', schema: keyAuth }]);

/** Takes every configuration but those with a service of the name `broken`. */
export class CountedWorkers {
  generation = 0;
  readonly taken: Configuration[] = [];
  /** Resolves before each one is taken. */
  gate: Promise<void> = Promise.resolve();

  async start(configuration: Configuration, generation: number): Promise<void> {
    this.generation = generation;
    this.taken.push(configuration);
  }

  async apply(configuration: Configuration, options: ApplyOptions = {}): Promise<number> {
    await this.gate;
    if (configuration.services.some((service) => service.name === 'broken'))
      throw new CompileError("service 'broken'", 'does not compile');
    await options.beforeCommit?.();
    this.generation = options.generation ?? this.generation + 1;
    this.taken.push(configuration);
    return this.generation;
  }
}

/** A store that tells all who watch it, as one that several processes share does. */
export class SharedStore extends MemoryStore {
  readonly #watchers = new Set<() => void>();

  override async commit(commit: Commit): Promise<void> {
    await super.commit(commit);
    for (const watcher of this.#watchers) queueMicrotask(watcher);
  }

  override watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }
}

export interface Node {
  readonly stored: StoredConfiguration;
  readonly workers: CountedWorkers;
  readonly control: ConfigurationControl;
  readonly log: string[];
}

export async function startNode(
  store: Store = new MemoryStore(),
  now: () => number = Date.now,
): Promise<Node> {
  const log: string[] = [];
  const stored = await StoredConfiguration.open({
    store,
    index: entityIndex(PLUGINS),
    plugins: PLUGINS,
    node: randomUUID(),
    log: createLogger({ level: 'info', format: 'json', write: (line) => void log.push(line) }),
    now,
    uuid: randomUUID,
  });
  const workers = new CountedWorkers();
  const { configuration, generation } = stored.initial;
  const control = new ConfigurationControl(workers, configuration, (one) => one);
  stored.attach(control);
  await control.start(generation);
  stored.follow();
  return { stored, workers, control, log };
}

export const ORIGIN = { actor: 'local', summary: 'test' };
