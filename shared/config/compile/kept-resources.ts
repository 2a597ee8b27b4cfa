/**
 * What plugins keep beyond one generation (file handles, queues): shared by key, closed when the last
 * generation that asked for it has been disposed of.
 */
import { isPromise } from '../../plugins/phase-result.ts';

interface Kept {
  readonly resource: unknown;
  readonly close: (resource: never) => void | Promise<void>;
  holders: number;
}

export class KeptResources {
  private readonly kept = new Map<string, Kept>();
  private readonly closing = new Set<PromiseLike<unknown>>();

  /** The holds of one generation. `onError` hears of a `close` that failed; the others are closed all the same. */
  generation(onError: (key: string, error: unknown) => void): GenerationHolds {
    return new GenerationHolds(this.kept, this.closing, onError);
  }

  /** Resolves when everything that is being closed at this moment is closed, or has failed to. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.closing);
  }
}

export class GenerationHolds {
  private readonly kept: Map<string, Kept>;
  private readonly held = new Set<string>();
  private readonly closing: Set<PromiseLike<unknown>>;
  private readonly onError: (key: string, error: unknown) => void;

  constructor(
    kept: Map<string, Kept>,
    closing: Set<PromiseLike<unknown>>,
    onError: (key: string, error: unknown) => void,
  ) {
    this.kept = kept;
    this.closing = closing;
    this.onError = onError;
  }

  keep<T>(key: string, open: () => T, close: (resource: T) => void | Promise<void>): T {
    let entry = this.kept.get(key);
    if (entry === undefined) {
      entry = { resource: open(), close, holders: 0 };
      this.kept.set(key, entry);
    }
    if (!this.held.has(key)) {
      this.held.add(key);
      entry.holders++;
    }
    return entry.resource as T;
  }

  release(): void {
    for (const key of this.held) {
      const entry = this.kept.get(key);
      if (entry === undefined || --entry.holders > 0) continue;
      this.kept.delete(key);
      try {
        this.await(key, entry.close(entry.resource as never));
      } catch (error) {
        this.onError(key, error);
      }
    }
    this.held.clear();
  }

  private await(key: string, closing: unknown): void {
    if (!isPromise(closing)) return;
    const { closing: all } = this;
    all.add(closing);
    closing.then(
      () => void all.delete(closing),
      (error: unknown) => {
        all.delete(closing);
        this.onError(key, error);
      },
    );
  }
}
