/**
 * The one place through which a configuration gets into the workers, whoever it comes from: one at a time,
 * and what is current is known here. Knows nothing of files or HTTP.
 */
import type { Configuration } from '../shared/config/entities.ts';
import type { WorkerPool } from './workers/pool.ts';

export class ConfigurationControl {
  readonly #pool: Pick<WorkerPool, 'apply'>;
  #current: Configuration;
  #queue: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(pool: Pick<WorkerPool, 'apply'>, initial: Configuration) {
    this.#pool = pool;
    this.#current = initial;
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
        await this.#pool.apply(configuration, beforeCommit);
        this.#current = configuration;
      })
      .finally(() => {
        this.#pending--;
      });
    this.#queue = done.catch(() => {});
    return done;
  }
}
