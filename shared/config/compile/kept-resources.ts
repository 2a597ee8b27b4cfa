/**
 * What plugins keep beyond one generation (file handles, queues): shared by key, closed when the last
 * generation that asked for it has been disposed of.
 */

interface Kept {
  readonly resource: unknown;
  readonly close: (resource: never) => void;
  holders: number;
}

export class KeptResources {
  private readonly kept = new Map<string, Kept>();

  /** The holds of one generation. */
  generation(): GenerationHolds {
    return new GenerationHolds(this.kept);
  }
}

export class GenerationHolds {
  private readonly kept: Map<string, Kept>;
  private readonly held = new Set<string>();

  constructor(kept: Map<string, Kept>) {
    this.kept = kept;
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
      entry.close(entry.resource as never);
    }
    this.held.clear();
  }
}
