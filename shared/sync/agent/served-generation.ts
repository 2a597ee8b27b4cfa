/**
 * What this node serves of its control plane: put in place, kept on disk, and how fresh it is. Everything that
 * changes what is served goes through one queue. A failure changes nothing; a disk that fails costs the next start,
 * not this one.
 */
import type { KeyObject } from 'node:crypto';
import type { Configuration } from '../../config/entities.ts';
import type { Timer } from '../../upstream/clock.ts';
import type { GenerationManifest } from '../protocol.ts';
import type { AgentOptions, Bundle } from './contract.ts';
import type { EntityReader } from './held-entities.ts';
import type { Generation } from './incoming-generation.ts';
import { checkService } from './manifest-checks.ts';
import { credentialsEnd, withoutCredentials } from './staleness.ts';
import type { SyncMetrics } from './sync-metrics.ts';

/** How exact the disk knows until when a generation was current. */
const CONFIRM_EVERY_MS = 60_000;
/** Timers of Node are no longer than 24 days. */
const LONGEST_TIMER_MS = 3_600_000;

export type Source = 'live' | 'disk' | 'bundle' | 'none';

export class ServedGeneration {
  readonly #options: AgentOptions;
  readonly #metrics: SyncMetrics;
  #generation: Generation | undefined;
  /** What the credentials are taken from when they are put back: a generation's, or the bundle's. */
  #configuration: Configuration | undefined;
  #source: Source = 'none';
  #file: string | undefined;
  #freshAt: number | undefined;
  #confirmedAt = 0;
  /** The control plane has, as far as is known, nothing newer. */
  #current = false;
  #denied = false;
  #timer: Timer | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Older manifests are not taken. Kept apart from the generation: another control plane starts anew. */
  #newest: GenerationManifest | undefined;

  constructor(options: AgentOptions, metrics: SyncMetrics) {
    this.#options = options;
    this.#metrics = metrics;
  }

  get generation(): Generation | undefined {
    return this.#generation;
  }

  get newest(): GenerationManifest | undefined {
    return this.#newest;
  }

  get source(): Source {
    return this.#source;
  }

  get freshAt(): number | undefined {
    return this.#freshAt;
  }

  get current(): boolean {
    return this.#current;
  }

  /** The newest generation on disk that can be put in place. Resolves with false when there is none. */
  async restore(reader: EntityReader, signingKeys: readonly KeyObject[]): Promise<boolean> {
    const { generationStore, name, budgetBytes, log } = this.#options;
    const bad = (file: string, reason: string): void => {
      this.#metrics.diskFallbacks.add(1);
      log.error('a generation on disk cannot be used; trying the one before it', { file, reason });
    };
    const found = generationStore.good({
      reader,
      budgetBytes,
      signingKeys,
      accept: (manifest) => checkService(manifest, name.service),
      onBad: bad,
    });
    for await (const { generation, name: file, freshAt } of found) {
      // A file from the future would stay fresh for ever.
      this.#freshAt = Math.min(freshAt, this.#options.clock.wallNow());
      try {
        await this.#put(generation.configuration);
      } catch (error) {
        bad(file, (error as Error).message);
        continue;
      }
      this.#generation = generation;
      this.#newest = generation.manifest;
      this.#source = 'disk';
      this.#file = file;
      return true;
    }
    this.#freshAt = undefined;
    return false;
  }

  /** Rejects as `apply` does. */
  async useBundle({ configuration, asOf }: Bundle): Promise<void> {
    this.#freshAt = Math.min(asOf, this.#options.clock.wallNow());
    await this.#put(configuration);
    this.#source = 'bundle';
  }

  /** Puts a generation in place, then on the disk. Rejects as `apply` does, with nothing changed. */
  take(generation: Generation): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#freshAt;
      this.#freshAt = this.#options.clock.wallNow();
      try {
        await this.#put(generation.configuration);
      } catch (error) {
        this.#freshAt = before;
        throw error;
      }
      this.#generation = generation;
      this.#newest = generation.manifest;
      this.#source = 'live';
      this.#current = true;
      await this.#save(generation, undefined);
    });
  }

  /** What is served is what `manifest` says: only that is new. */
  confirm(manifest: GenerationManifest, signature: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#generation === undefined) return;
      const renumbered = manifest.generation !== this.#generation.manifest.generation;
      this.#generation = { ...this.#generation, manifest, signature };
      this.#newest = manifest;
      this.#source = 'live';
      this.#current = true;
      this.#freshAt = this.#options.clock.wallNow();
      await this.#putBack();
      if (renumbered || this.#file === undefined) await this.#save(this.#generation, this.#file);
    });
  }

  /** Something newer is on its way, or was refused, or there is no connection: from now on it ages. */
  outdated(): void {
    if (this.#current) void this.#confirmOnDisk();
    this.#current = false;
  }

  /** The control plane lives. */
  heard(): void {
    if (!this.#current) return;
    this.#freshAt = this.#options.clock.wallNow();
    if (this.#freshAt - this.#confirmedAt >= CONFIRM_EVERY_MS) void this.#confirmOnDisk();
  }

  /** Generations of another control plane are counted anew. */
  forgetOrder(): void {
    this.#newest = undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    if (this.#current) await this.#confirmOnDisk();
    await this.#queue;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #put(configuration: Configuration): Promise<void> {
    const { apply, plugins, staleness, clock } = this.#options;
    const end = credentialsEnd(this.#freshAt, staleness);
    const denied = end !== undefined && clock.wallNow() >= end;
    await apply(denied ? withoutCredentials(configuration, plugins) : configuration);
    this.#configuration = configuration;
    this.#denied = denied;
    this.#watch();
  }

  /** Credentials come back when they are known to be right. */
  async #putBack(): Promise<void> {
    if (!this.#denied || this.#configuration === undefined) return;
    await this.#put(this.#configuration);
    this.#options.log.notice('credentials are accepted again: the control plane was reached');
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const end = credentialsEnd(this.#freshAt, this.#options.staleness);
    if (end === undefined || this.#denied || this.#closed) return;
    const left = Math.max(0, end - this.#options.clock.wallNow());
    this.#timer = this.#options.clock.after(Math.min(left, LONGEST_TIMER_MS), () => void this.#look());
  }

  #look(): Promise<void> {
    return this.#inTurn(async () => {
      const { staleness, clock, log } = this.#options;
      const end = credentialsEnd(this.#freshAt, staleness);
      if (end === undefined || clock.wallNow() < end || this.#configuration === undefined) {
        this.#watch();
        return;
      }
      log.crit('credentials are refused: they have not been confirmed for too long', {
        afterMs: staleness.credentialsAfterMs,
      });
      await this.#put(this.#configuration);
    }).catch((error: unknown) => {
      this.#options.log.error('credentials could not be taken out', { error });
      this.#watch();
    });
  }

  async #save(generation: Generation, replaces: string | undefined): Promise<void> {
    try {
      this.#file = await this.#options.generationStore.save(generation, replaces);
      this.#confirmedAt = this.#options.clock.wallNow();
    } catch (error) {
      this.#metrics.diskFailures.add(1);
      this.#options.log.error('the generation could not be kept on disk: a restart would not find it', {
        error,
      });
    }
  }

  async #confirmOnDisk(): Promise<void> {
    const file = this.#file;
    const freshAt = this.#freshAt;
    if (file === undefined || freshAt === undefined) return;
    this.#confirmedAt = freshAt;
    await this.#options.generationStore.confirm(file, freshAt).catch(() => {
      // It is gone or the disk fails: the next start takes it for older than it is.
    });
  }
}
