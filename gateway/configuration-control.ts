/**
 * The one place through which a configuration gets into the workers, whoever it comes from: one at a time,
 * and what is current is known here. Knows nothing of files or HTTP.
 */
import type { Configuration } from '../shared/config/entities.ts';
import type { EffectiveConfiguration } from '../shared/process/effective-configuration.ts';
import type { WorkerPool } from './workers/pool.ts';

export class ConfigurationControl {
  readonly #pool: Pick<WorkerPool, 'apply' | 'start'>;
  readonly #effective: EffectiveConfiguration;
  #current: Configuration;
  #queue: Promise<unknown> = Promise.resolve();
  #pending = 0;

  /** Workers get what `effective` makes of a configuration; `current` is the one that may be shown. */
  constructor(
    pool: Pick<WorkerPool, 'apply' | 'start'>,
    initial: Configuration,
    effective: EffectiveConfiguration,
  ) {
    this.#pool = pool;
    this.#current = initial;
    this.#effective = effective;
  }

  /** Starts the workers with the initial configuration. */
  async start(): Promise<void> {
    await this.#pool.start(this.#effective(this.#current));
  }

  get current(): Configuration {
    return this.#current;
  }

  /** Another configuration is being put in place. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /** After those that came before it. `beforeCommit`: see `WorkerPool.apply`. */
  apply(configuration: Configuration, beforeCommit?: () => Promise<void>): Promise<void> {
    this.#pending++;
    const done = this.#queue
      .then(async () => {
        await this.#pool.apply(this.#effective(configuration), beforeCommit);
        this.#current = configuration;
      })
      .finally(() => {
        this.#pending--;
      });
    this.#queue = done.catch(() => {});
    return done;
  }
}
