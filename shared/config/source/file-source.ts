/**
 * A configuration file as a source: read at the start, again whenever it changes and on demand. One load
 * runs at a time; a request for another one while it runs causes exactly one more. What does not validate or
 * cannot be put in place leaves everything as it was, and says so.
 */
import type { Logger } from '../../observe/logger.ts';
import type { Configuration } from '../entities.ts';
import { type FileWatch, watchFile } from './file-watch.ts';
import type { ConfigurationReader, ReadOutcome } from './reader.ts';

export interface FileSourceOptions {
  readonly path: string;
  readonly reader: ConfigurationReader;
  /** Puts it in place; rejects when it cannot be, with nothing changed. */
  readonly apply: (configuration: Configuration) => Promise<void>;
  /** Hash of what is in place. */
  readonly currentHash: () => string;
  /** Told of every load that changed nothing because the file is wrong. */
  readonly onInvalid: (outcome: Extract<ReadOutcome, { ok: false }>) => void;
  readonly onReload?: (result: 'applied' | 'unchanged' | 'refused') => void;
  readonly log: Logger;
}

export class FileSource {
  readonly #options: FileSourceOptions;
  #watch: FileWatch | undefined;
  #running: Promise<void> | undefined;
  #again: 'file changed' | 'SIGHUP' | undefined;

  constructor(options: FileSourceOptions) {
    this.#options = options;
  }

  read(): Promise<ReadOutcome> {
    return this.#options.reader.readFile(this.#options.path);
  }

  /** From now on a change of the file reloads it. */
  async watch(): Promise<void> {
    this.#watch = await watchFile({ path: this.#options.path, onChange: () => this.reload('file changed') });
  }

  reload(cause: 'file changed' | 'SIGHUP'): void {
    if (this.#running !== undefined) {
      this.#again = cause;
      return;
    }
    this.#running = this.#reload(cause)
      .catch((error: Error) => {
        this.#options.log.error('the configuration was not changed', { cause, error });
        this.#options.onReload?.('refused');
      })
      .finally(() => {
        this.#running = undefined;
        const again = this.#again;
        this.#again = undefined;
        if (again !== undefined) this.reload(again);
      });
  }

  close(): void {
    this.#watch?.close();
  }

  async #reload(cause: string): Promise<void> {
    const { log, apply, currentHash, onInvalid, onReload, path } = this.#options;
    const startedAt = performance.now();
    const outcome = await this.read();
    if (!outcome.ok) {
      onInvalid(outcome);
      log.error('the configuration file is invalid; the one in place stays', {
        cause,
        path,
        problems: outcome.findings.length,
        first: outcome.findings[0]?.message,
        line: outcome.findings[0]?.line,
      });
      onReload?.('refused');
      return;
    }
    if (outcome.configuration.hash === currentHash()) {
      log.info('the configuration file has not changed', { cause, path });
      onReload?.('unchanged');
      return;
    }
    await apply(outcome.configuration);
    log.notice('configuration reloaded', {
      cause,
      path,
      entities: outcome.entities,
      hash: outcome.configuration.hash,
      ms: Math.round(performance.now() - startedAt),
    });
    onReload?.('applied');
  }
}
