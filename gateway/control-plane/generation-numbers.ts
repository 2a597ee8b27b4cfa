/**
 * Numbers of generations that only go up, as data planes demand: they take an older one for a trick. A store counts by
 * itself. A configuration from a file is number 1 after each start, so what was sent is counted here, in a document
 * that outlives the process; replicas that serve the same file agree on its number.
 */
import type { Logger } from '../../shared/observe/logger.ts';
import type { ManagedConfiguration, ServedConfiguration } from '../configuration/contract.ts';
import { StoreConflict } from '../store/contract.ts';
import { AUTHORITY_KIND, type Documents } from './authority.ts';

const KEY = 'generation';
const ATTEMPTS = 5;
const COUNTED_BY_STORE = new Set<ManagedConfiguration['source']>(['memory', 'sqlite', 'redis']);

interface Numbered {
  readonly generation: number;
  /** Of the configuration that has this number. */
  readonly hash: string;
}

export class GenerationNumbers {
  readonly #documents: Documents;
  readonly #source: ManagedConfiguration['source'];
  readonly #log: Logger;
  #last: Numbered | undefined;

  constructor(documents: Documents, source: ManagedConfiguration['source'], log: Logger) {
    this.#documents = documents;
    this.#source = source;
    this.#log = log;
  }

  /** The same configuration, under the number that data planes see. Never rejects. */
  async number(served: ServedConfiguration): Promise<ServedConfiguration> {
    if (COUNTED_BY_STORE.has(this.#source)) return served;
    const { configuration } = served;
    const numbered = await this.#count(configuration.hash);
    this.#last = numbered;
    return { generation: numbered.generation, configuration };
  }

  async #count(hash: string): Promise<Numbered> {
    const last = this.#last;
    if (last?.hash === hash) return last;
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const stored = await this.#documents.document(AUTHORITY_KIND, KEY);
        const known = stored?.value as Numbered | undefined;
        if (known?.hash === hash && known.generation > (last?.generation ?? 0)) return known;
        const next = { generation: Math.max(known?.generation ?? 0, last?.generation ?? 0) + 1, hash };
        try {
          await this.#documents.putDocument(AUTHORITY_KIND, KEY, next, { expected: stored?.version ?? 0 });
          return next;
        } catch (error) {
          if (!(error instanceof StoreConflict)) throw error;
        }
      }
    } catch (error) {
      this.#log.warn('the number of a generation cannot be stored', { error });
    }
    // Nodes wait for no store: it is written with the next one.
    return { generation: (last?.generation ?? 0) + 1, hash };
  }
}
