/**
 * What plugins keep beyond one generation (file handles, queues): shared by key, closed when the last
 * generation that asked for it has been disposed of.
 */
import { tellRejection } from '../../plugins/phase-result.ts';

interface Kept {
  readonly resource: unknown;
  readonly close: (resource: never) => void;
  holders: number;
}

export class KeptResources {
  private readonly kept = new Map<string, Kept>();

  /** The holds of one generation. `onError` hears of a `close` that failed; the others are closed all the same. */
  generation(onError: (key: string, error: unknown) => void): GenerationHolds {
    return new GenerationHolds(this.kept, onError);
  }
}

export class GenerationHolds {
  private readonly kept: Map<string, Kept>;
  private readonly held = new Set<string>();
  private readonly onError: (key: string, error: unknown) => void;

  constructor(kept: Map<string, Kept>, onError: (key: string, error: unknown) => void) {
    this.kept = kept;
    this.onError = onError;
  }

  keep<T>(key: string, open: () => T, close: (resource: T) => void): T {
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
        tellRejection(entry.close(entry.resource as never), (error) => this.onError(key, error));
      } catch (error) {
        this.onError(key, error);
      }
    }
    this.held.clear();
  }
}
