/**
 * What one scope holds now, and what changed in it lately: enough to bring a node that is a few steps behind up to
 * date without sending everything. Contents are lists of shared facts in the order of their keys, so that a thousand
 * scopes of one configuration cost references and no copies.
 */
import { generationDigest } from '../../shared/config/generation-hash.ts';
import { type EntityFacts, entityFacts } from '../../shared/sync/entity-set.ts';
import type { ScopedEntity } from './scope.ts';

const MAX_STEPS = 16;
const SLICE_MS = 5;

interface Step {
  /** Digest before it. */
  readonly from: string;
  /** Keys of what it changed. */
  readonly keys: readonly string[];
}

export interface Changes {
  readonly puts: readonly EntityFacts[];
  readonly deletes: readonly { readonly collection: string; readonly id: string }[];
}

export const EMPTY_DIGEST = generationDigest(new Map());

export class ScopeHistory {
  #contents: readonly EntityFacts[] = [];
  #digest = EMPTY_DIGEST;
  #bytes = 0;
  #largest = 0;
  readonly #steps: Step[] = [];

  get contents(): readonly EntityFacts[] {
    return this.#contents;
  }

  get digest(): string {
    return this.#digest;
  }

  /** Octets of all entities. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Octets of the largest entity. */
  get largest(): number {
    return this.#largest;
  }

  /** Makes this what the scope holds. `contents` in the order of their keys. */
  advance(contents: readonly EntityFacts[]): void {
    const digest = generationDigest(new Map(contents.map((facts) => [facts.key, facts.digest])));
    if (digest !== this.#digest) {
      const keys = changedKeys(this.#contents, contents);
      this.#steps.push({ from: this.#digest, keys });
      if (this.#steps.length > MAX_STEPS) this.#steps.shift();
      this.#digest = digest;
    }
    // Also when nothing changed: the entities of the older generation need not be kept for it.
    this.#contents = contents;
    this.#bytes = 0;
    this.#largest = 0;
    for (const { bytes } of contents) {
      this.#bytes += bytes;
      if (bytes > this.#largest) this.#largest = bytes;
    }
  }

  /**
   * What makes the present contents out of those with that digest; undefined when that is not known any more, or is
   * no less than everything.
   */
  since(digest: string): Changes | undefined {
    const first = this.#steps.findLastIndex((step) => step.from === digest);
    if (first < 0) return undefined;
    const keys = new Set<string>();
    for (const step of this.#steps.slice(first)) for (const key of step.keys) keys.add(key);
    if (keys.size > this.#contents.length / 2 + 8) return undefined;
    const puts: EntityFacts[] = [];
    for (const facts of this.#contents) if (keys.delete(facts.key)) puts.push(facts);
    const deletes = [...keys].sort().map((key) => {
      const blank = key.indexOf(' ');
      return { collection: key.slice(0, blank), id: key.slice(blank + 1) };
    });
    return { puts, deletes };
  }
}

const known = new WeakMap<object, EntityFacts>();

/** Facts of these entities in the order of their keys. Gives way to other work every few milliseconds. */
export async function factsInOrder(entities: readonly ScopedEntity[]): Promise<readonly EntityFacts[]> {
  const list: EntityFacts[] = [];
  let since = performance.now();
  for (const [i, { collection, entity }] of entities.entries()) {
    if ((i & 63) === 63 && performance.now() - since > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    let facts = known.get(entity);
    if (facts === undefined) known.set(entity, (facts = entityFacts(collection, entity)));
    list.push(facts);
  }
  return list.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Both in the order of their keys. */
function changedKeys(before: readonly EntityFacts[], after: readonly EntityFacts[]): readonly string[] {
  const keys: string[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const next = after[j];
    if (next === undefined || (old !== undefined && old.key < next.key)) {
      keys.push((old as EntityFacts).key);
      i++;
    } else if (old === undefined || next.key < old.key) {
      keys.push(next.key);
      j++;
    } else {
      if (old.digest !== next.digest) keys.push(next.key);
      i++;
      j++;
    }
  }
  return keys;
}
