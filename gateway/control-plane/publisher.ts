/**
 * From the configuration that is served to what each subscription is sent: one computation, one digest, one signature
 * and one encoding for all nodes with the same subscription. Knows nothing of connections.
 */
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type { DataPlaneIdentity } from '../../shared/sync/identity.ts';
import type { GenerationManifest } from '../../shared/sync/protocol.ts';
import type { ServedConfiguration } from '../configuration/contract.ts';
import type { Authority } from './authority.ts';
import type { AllowedCalls } from './certificates.ts';
import { FrameBudget, PartFrames, type PartReader } from './part-frames.ts';
import { gatewayScope, microgatewayScope, ScopeIndex } from './scope.ts';
import { factsInOrder, ScopeHistory } from './scope-history.ts';

/** What somebody may get, in one line of text: equal for equal subscriptions. */
export type ScopeKey = string;

export interface SignedManifest {
  readonly manifest: GenerationManifest;
  readonly signature: string;
}

/** One scope at one generation. */
export interface PublishedScope extends SignedManifest {
  readonly refused: readonly string[];
  readonly bytes: number;
  /** Octets of its largest entity. */
  readonly largest: number;
  /** Names of the plugins that are configured in it. */
  readonly plugins: ReadonlySet<string>;
  /**
   * The manifest as of this moment. A node that comes from another replica may have one that was issued later than the
   * one here, and takes nothing older.
   */
  issuedNow(): SignedManifest;
  /** The way from what a node has: its digest, or null for nothing. */
  transfer(from: string | null): Transfer;
  /** It is not what is sent any more. */
  retire(): void;
}

export interface Transfer {
  /** Digest of what the parts change; null: they are everything. */
  readonly base: string | null;
  readonly parts: PartReader;
}

interface Line {
  readonly history: ScopeHistory;
  generation: ServedConfiguration | undefined;
  published: PublishedScope | undefined;
  computing: Promise<PublishedScope> | undefined;
  /** Connections that it is for. */
  users: number;
}

/** Lines whose last node has gone are kept, so that a node that comes back gets what changed. */
const MAX_UNUSED_LINES = 256;
/** Ways from older generations that are kept. */
const MAX_TRANSFERS = 4;
const ENCODED_BYTES = 32 * 1024 * 1024;

export class Publisher {
  readonly #authority: Pick<Authority, 'sign'>;
  readonly #definitions: EntityIndex;
  readonly #now: () => number;
  readonly #lines = new Map<ScopeKey, Line>();
  readonly #budget = new FrameBudget(ENCODED_BYTES);
  #served: ServedConfiguration;
  #index: ScopeIndex | undefined;

  /** `now`: milliseconds since the epoch. */
  constructor(
    authority: Pick<Authority, 'sign'>,
    definitions: EntityIndex,
    served: ServedConfiguration,
    now: () => number,
  ) {
    this.#authority = authority;
    this.#definitions = definitions;
    this.#served = served;
    this.#now = now;
  }

  get served(): ServedConfiguration {
    return this.#served;
  }

  /** From now on this is what scopes are cut out of. */
  serve(served: ServedConfiguration): void {
    this.#served = served;
    this.#index = undefined;
  }

  /** Keeps the line of a subscription until `release`. */
  acquire(identity: DataPlaneIdentity, calls: readonly string[], allowed: AllowedCalls): ScopeKey {
    const key = scopeKey(identity, calls, allowed);
    const line = this.#lines.get(key) ?? {
      history: new ScopeHistory(),
      generation: undefined,
      published: undefined,
      computing: undefined,
      users: 0,
    };
    line.users++;
    // Moves it to the end: the first ones are those that were used longest ago.
    this.#lines.delete(key);
    this.#lines.set(key, line);
    return key;
  }

  release(key: ScopeKey): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    line.users--;
    let unused = 0;
    for (const { users } of this.#lines.values()) if (users === 0) unused++;
    for (const [other, { users }] of this.#lines) {
      if (unused <= MAX_UNUSED_LINES) return;
      if (users > 0) continue;
      this.#lines.get(other)?.published?.retire();
      this.#lines.delete(other);
      unused--;
    }
  }

  /** As of the newest generation. The key must have been acquired. */
  async scope(key: ScopeKey): Promise<PublishedScope> {
    const line = this.#lines.get(key);
    if (line === undefined) throw new Error('a scope that nobody has asked for');
    while (line.published === undefined || line.generation !== this.#served) {
      line.computing ??= this.#compute(key, line).finally(() => {
        line.computing = undefined;
      });
      await line.computing;
    }
    return line.published;
  }

  async #compute(key: ScopeKey, line: Line): Promise<PublishedScope> {
    for (;;) {
      const served = this.#served;
      this.#index ??= new ScopeIndex(served.configuration, this.#definitions);
      const index = this.#index;
      const { role, service, calls, allowed } = JSON.parse(key) as ParsedKey;
      const scope =
        role === 'gateway' ? gatewayScope(index) : microgatewayScope(index, { service, calls }, allowed);
      const contents = await factsInOrder(scope.entities);
      // Only what is newest goes on: a step backwards would be a change that never was.
      if (served !== this.#served) continue;
      line.history.advance(contents);
      line.generation = served;
      line.published?.retire();
      line.published = this.#publish(served, line.history, service, scope.calls, scope.refused);
      return line.published;
    }
  }

  #publish(
    served: ServedConfiguration,
    history: ScopeHistory,
    service: string | null,
    calls: readonly string[],
    refused: readonly string[],
  ): PublishedScope {
    const manifest: GenerationManifest = {
      generation: served.generation,
      digest: history.digest,
      configurationHash: served.configuration.hash,
      service,
      calls,
      issuedAt: this.#now(),
    };
    const plugins = new Set<string>();
    for (const { collection, entity } of history.contents) {
      if (collection === 'plugins' && entity['enabled'] === true) plugins.add(String(entity['name']));
    }
    const { contents } = history;
    const transfers = new Transfers((from) => {
      const changes = from === null || history.digest !== manifest.digest ? undefined : history.since(from);
      return {
        base: changes === undefined ? null : from,
        parts: new PartFrames(changes ?? { puts: contents, deletes: [] }, this.#budget),
      };
    });
    return {
      ...this.#signed(manifest),
      issuedNow: () => this.#signed({ ...manifest, issuedAt: this.#now() }),
      refused,
      bytes: history.bytes,
      largest: history.largest,
      plugins,
      transfer: (from) => transfers.open(from),
      retire: () => transfers.retire(),
    };
  }

  #signed(manifest: GenerationManifest): SignedManifest {
    return { manifest, signature: this.#authority.sign(manifest) };
  }
}

/** The ways to one generation, by where they start. */
class Transfers {
  readonly #make: (from: string | null) => { readonly base: string | null; readonly parts: PartFrames };
  readonly #made = new Map<string | null, { readonly base: string | null; readonly parts: PartFrames }>();
  #retired = false;

  constructor(make: (from: string | null) => { readonly base: string | null; readonly parts: PartFrames }) {
    this.#make = make;
  }

  open(from: string | null): Transfer {
    const known = this.#made.get(from);
    const reader = known?.parts.open();
    if (known !== undefined && reader !== undefined) return { base: known.base, parts: reader };
    const made = this.#make(from);
    if (made.base === null && from !== null) return this.open(null);
    const parts = made.parts.open() as PartReader;
    this.#keep(from, made);
    return { base: made.base, parts };
  }

  retire(): void {
    this.#retired = true;
    for (const { parts } of this.#made.values()) parts.retire();
    this.#made.clear();
  }

  #keep(from: string | null, made: { readonly base: string | null; readonly parts: PartFrames }): void {
    this.#made.get(from)?.parts.retire();
    this.#made.delete(from);
    if (this.#made.size >= MAX_TRANSFERS) {
      const [oldest] = this.#made.keys();
      this.#made.get(oldest as string | null)?.parts.retire();
      this.#made.delete(oldest as string | null);
    }
    if (this.#retired) made.parts.retire();
    else this.#made.set(from, made);
  }
}

interface ParsedKey {
  readonly role: DataPlaneIdentity['role'];
  readonly service: string | null;
  readonly calls: readonly string[];
  readonly allowed: AllowedCalls;
}

function scopeKey(
  { role, service }: DataPlaneIdentity,
  calls: readonly string[],
  allowed: AllowedCalls,
): ScopeKey {
  const parsed: ParsedKey =
    role === 'gateway'
      ? { role, service: null, calls: [], allowed: '*' }
      : {
          role,
          service,
          calls: [...new Set(calls)].sort(),
          allowed: allowed === '*' ? '*' : [...new Set(allowed)].sort(),
        };
  return JSON.stringify(parsed);
}
