/**
 * Names that somebody watches, resolved in the background and kept fresh. A last good answer outlives
 * servers that fail (up to an hour) and, for half a minute, a name that has disappeared; who asks for
 * the current answer never waits. A name nobody watches costs nothing.
 */
import type { Clock, Timer } from '../clock.ts';
import type { LookupOutcome, LookupParts } from './lookup.ts';
import { lookup } from './lookup.ts';
import type { NameSource, NameWatch, Resolution } from './resolution.ts';

export interface ResolverOptions extends LookupParts {
  readonly clock: Clock;
  /** Names watched at once; more than that fail to resolve. Default 4096. */
  readonly maxNames?: number;
  /** Age at which answers of servers are asked for again, instead of their own TTL (1 s - 1 min), ms. 0: not set. */
  readonly validTtlMs?: number;
  /** How long an expired answer is used while servers fail, ms. Default an hour. */
  readonly staleMs?: number;
  /** The first repetition after a failure; the waits double up to half a minute, ms. Default 1000. */
  readonly errorTtlMs?: number;
  /** The same waits, for a name that does not exist, double up to this, ms. Default 30 000. */
  readonly notFoundTtlMs?: number;
  /** How long the last answer is used after the name has disappeared, ms. Default 30 000. */
  readonly notFoundGraceMs?: number;
}

/** For `/status`. */
export interface NameStatus {
  readonly name: string;
  readonly resolution: Resolution;
  /** The answer is older than its TTL. */
  readonly stale: boolean;
  /** Lookups that went badly since the last good one. */
  readonly failures: number;
}

const MIN_TTL_MS = 1000;
const MAX_TTL_MS = 60_000;
const MAX_BACKOFF_MS = 30_000;
/** Shorter settings would be a storm of questions. */
const MIN_REPEAT_MS = 100;
/** A lookup that has not ended by then counts as failed; the transport's own bounds are tighter as a rule. */
const LOOKUP_DEADLINE_MS = 15_000;
const MAX_CONCURRENT = 64;
const PENDING: Resolution = { state: 'pending' };

export class Resolver implements NameSource {
  readonly #options: ResolverOptions;
  readonly #maxNames: number;
  readonly #staleMs: number;
  readonly #graceMs: number;
  readonly #validTtlMs: number;
  readonly #errorTtlMs: number;
  readonly #notFoundTtlMs: number;
  readonly #names = new Map<string, WatchedName>();
  /** Names whose lookup waits for its turn. */
  readonly #queue = new Set<WatchedName>();
  #running = 0;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#maxNames = options.maxNames ?? 4096;
    this.#staleMs = options.staleMs ?? 3_600_000;
    this.#graceMs = options.notFoundGraceMs ?? 30_000;
    this.#validTtlMs = options.validTtlMs ?? 0;
    this.#errorTtlMs = Math.max(options.errorTtlMs ?? 1000, MIN_REPEAT_MS);
    this.#notFoundTtlMs = Math.max(options.notFoundTtlMs ?? 30_000, MIN_REPEAT_MS);
  }

  watch(name: string, onChange: () => void): NameWatch {
    const key = name.toLowerCase();
    let watched = this.#names.get(key);
    if (watched === undefined) {
      if (this.#names.size >= this.#maxNames) return new RefusedWatch();
      watched = new WatchedName(key);
      this.#names.set(key, watched);
      this.#enqueue(watched);
    }
    return new Watch(watched, onChange, (unwatched) => this.#forget(unwatched));
  }

  status(): NameStatus[] {
    const now = this.#options.clock.now();
    return Array.from(this.#names.values(), ({ name, resolution, expiresAt, failures }) => ({
      name,
      resolution,
      stale: resolution.state === 'found' && expiresAt <= now,
      failures,
    }));
  }

  /** Forgets every name and ends the queries under way. Watches keep their last answer. */
  close(): void {
    for (const watched of [...this.#names.values()]) this.#forget(watched);
    this.#options.transport.close();
  }

  #forget(watched: WatchedName): void {
    watched.timer?.cancel();
    watched.timer = undefined;
    watched.forgotten = true;
    watched.settleFirst();
    this.#queue.delete(watched);
    this.#names.delete(watched.name);
  }

  #enqueue(watched: WatchedName): void {
    watched.timer = undefined;
    this.#queue.add(watched);
    this.#dequeue();
  }

  #dequeue(): void {
    for (const watched of this.#queue) {
      if (this.#running >= MAX_CONCURRENT) return;
      this.#queue.delete(watched);
      this.#running++;
      void this.#lookup(watched).then((outcome) => {
        this.#running--;
        if (!watched.forgotten) this.#take(watched, outcome);
        this.#dequeue();
      });
    }
  }

  #lookup(watched: WatchedName): Promise<LookupOutcome> {
    return new Promise((resolve) => {
      const deadline = this.#options.clock.after(LOOKUP_DEADLINE_MS, () =>
        resolve({ state: 'failed', reason: 'ETIMEOUT' }),
      );
      lookup(watched.name, watched.lastSource, this.#options).then(
        (outcome) => {
          deadline.cancel();
          resolve(outcome);
        },
        (error: unknown) => {
          deadline.cancel();
          resolve({ state: 'failed', reason: String(error) });
        },
      );
    });
  }

  #take(watched: WatchedName, outcome: LookupOutcome): void {
    const { clock } = this.#options;
    const now = clock.now();
    let delayMs: number;
    if (outcome.state === 'found') {
      delayMs = this.#freshFor(outcome);
      watched.expiresAt = now + delayMs;
      watched.failures = 0;
      watched.goneSince = undefined;
      watched.lastSource = outcome.source;
      const { addresses, source } = outcome;
      watched.become({ state: 'found', addresses, source });
    } else {
      delayMs = this.#repeatAfter(outcome.state, watched.failures);
      watched.failures++;
      if (outcome.state === 'not_found') watched.goneSince ??= now;
      const usableUntil = Math.min(
        watched.expiresAt + this.#staleMs,
        (watched.goneSince ?? Number.POSITIVE_INFINITY) + this.#graceMs,
      );
      if (watched.resolution.state !== 'found' || usableUntil <= now) watched.become(outcome);
      else delayMs = Math.min(delayMs, usableUntil - now);
    }
    watched.timer = clock.after(delayMs, () => this.#enqueue(watched));
    watched.settleFirst();
  }

  #freshFor({ source, ttlMs }: Extract<LookupOutcome, { state: 'found' }>): number {
    const fromServer = source !== 'hosts' && source !== 'literal';
    if (fromServer && this.#validTtlMs > 0) return Math.max(this.#validTtlMs, MIN_REPEAT_MS);
    return Math.min(Math.max(ttlMs, MIN_TTL_MS), MAX_TTL_MS);
  }

  #repeatAfter(state: 'not_found' | 'failed', failures: number): number {
    const most = state === 'not_found' ? this.#notFoundTtlMs : Math.max(MAX_BACKOFF_MS, this.#errorTtlMs);
    return Math.min(this.#errorTtlMs * 2 ** Math.min(failures, 10), most);
  }
}

class WatchedName {
  readonly name: string;
  readonly watches = new Set<Watch>();
  readonly first: Promise<void>;
  settleFirst: () => void = () => {};
  resolution: Resolution = PENDING;
  expiresAt = 0;
  failures = 0;
  /** When the servers first said that the name does not exist, since the last good answer. */
  goneSince: number | undefined = undefined;
  lastSource: string | undefined = undefined;
  timer: Timer | undefined = undefined;
  forgotten = false;

  constructor(name: string) {
    this.name = name;
    this.first = new Promise((resolve) => {
      this.settleFirst = resolve;
    });
  }

  become(resolution: Resolution): void {
    if (sameResolution(this.resolution, resolution)) return;
    this.resolution = resolution;
    for (const watch of [...this.watches]) watch.changed();
  }
}

class Watch implements NameWatch {
  readonly #watched: WatchedName;
  readonly #onChange: () => void;
  readonly #unwatched: (watched: WatchedName) => void;

  constructor(watched: WatchedName, onChange: () => void, unwatched: (watched: WatchedName) => void) {
    this.#watched = watched;
    this.#onChange = onChange;
    this.#unwatched = unwatched;
    watched.watches.add(this);
  }

  get resolution(): Resolution {
    return this.#watched.resolution;
  }

  get first(): Promise<void> {
    return this.#watched.first;
  }

  changed(): void {
    this.#onChange();
  }

  close(): void {
    const { watches } = this.#watched;
    if (watches.delete(this) && watches.size === 0) this.#unwatched(this.#watched);
  }
}

/** Beyond the bound on names. */
class RefusedWatch implements NameWatch {
  readonly resolution: Resolution = { state: 'failed', reason: 'too many names' };
  readonly first = Promise.resolve();
  close(): void {}
}

/** Servers rotate their answers: the same addresses in another order are the same resolution. */
function sameResolution(a: Resolution, b: Resolution): boolean {
  if (a.state !== b.state) return false;
  if (a.state === 'failed' && b.state === 'failed') return a.reason === b.reason;
  if (a.state !== 'found' || b.state !== 'found') return true;
  if (a.source !== b.source || a.addresses.length !== b.addresses.length) return false;
  const known = new Set(a.addresses.map(identity));
  return b.addresses.every((address) => known.has(identity(address)));
}

function identity({
  ip,
  port,
  weight,
  name,
}: {
  ip: string;
  port: unknown;
  weight: unknown;
  name: unknown;
}): string {
  return `${ip} ${String(port)} ${String(weight)} ${String(name)}`;
}
