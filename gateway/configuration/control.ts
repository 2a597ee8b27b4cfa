/**
 * The one place through which a configuration gets into the workers, whoever it comes from: one at a time,
 * and what is current is known here. Knows nothing of files, stores or HTTP.
 */
import type { Configuration } from '../../shared/config/entities.ts';
import type { EffectiveConfiguration } from '../../shared/process/effective-configuration.ts';
import type { ApplyOptions, WorkerPool } from '../workers/pool.ts';
import type { ServedConfiguration } from './contract.ts';

export class ConfigurationControl {
  readonly #pool: Pick<WorkerPool, 'apply' | 'start' | 'generation'>;
  readonly #effective: EffectiveConfiguration;
  readonly #listeners = new Set<(served: ServedConfiguration) => void>();
  #current: Configuration;
  #queue: Promise<unknown> = Promise.resolve();
  #pending = 0;

  /** Workers get what `effective` makes of a configuration; `current` is the one that may be shown. */
  constructor(
    pool: Pick<WorkerPool, 'apply' | 'start' | 'generation'>,
    initial: Configuration,
    effective: EffectiveConfiguration,
  ) {
    this.#pool = pool;
    this.#current = initial;
    this.#effective = effective;
  }

  /** Starts the workers with the initial configuration, under this number. */
  async start(generation = 1): Promise<void> {
    await this.#pool.start(this.#effective(this.#current), generation);
  }

  get current(): Configuration {
    return this.#current;
  }

  get served(): ServedConfiguration {
    return { generation: this.#pool.generation, configuration: this.#current };
  }

  /** Another configuration is being put in place. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /** Calls back after each configuration that was put in place. Returns how to stop. */
  onChange(listener: (served: ServedConfiguration) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** After those that came before it. See `WorkerPool.apply`. */
  apply(configuration: Configuration, options: ApplyOptions = {}): Promise<void> {
    this.#pending++;
    const done = this.#queue
      .then(async () => {
        await this.#pool.apply(this.#effective(configuration), options);
        this.#current = configuration;
        const { served } = this;
        for (const listener of this.#listeners) listener(served);
      })
      .finally(() => {
        this.#pending--;
      });
    this.#queue = done.catch(() => {});
    return done;
  }
}
