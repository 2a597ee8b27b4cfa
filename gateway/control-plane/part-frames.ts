/**
 * Changes as `part` frames of about `PART_BYTES` each. Frames are made when the first connection gets that far, and
 * are the same octets for all that are sent the same, as long as the budget lets them be kept; beyond it a connection
 * keeps the frame it is at.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import { encodeFrame } from '../../shared/sync/frames.ts';
import { MAX_FRAME_BYTES, PART_BYTES } from '../../shared/sync/protocol.ts';
import type { Changes } from './scope-history.ts';

/** Room for everything in a frame that is not the entity. */
export const MAX_ENTITY_BYTES = MAX_FRAME_BYTES - 1024;
/** What a name, quotes and commas add. */
const OVERHEAD_BYTES = 8;

/** Octets of encoded frames that all connections together keep for others to send as well. */
export class FrameBudget {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }
}

/** One connection's way through the frames. */
export interface PartReader {
  /** Undefined after the last one. */
  next(): Buffer | undefined;
  /** Must be called once it is not read any more. */
  close(): void;
}

interface Position {
  at: number;
}

export class PartFrames {
  readonly #budget: FrameBudget;
  readonly #source: Generator<Buffer, void>;
  readonly #readers = new Set<Position>();
  readonly #made: Buffer[] = [];
  /** Index of the first one that is kept. */
  #first = 0;
  #retired = false;

  constructor(changes: Changes, budget: FrameBudget) {
    this.#budget = budget;
    this.#source = frames(changes);
  }

  /** Undefined when its first frames are gone: then it must be made anew. */
  open(): PartReader | undefined {
    if (this.#first > 0 || this.#retired) return undefined;
    const position: Position = { at: 0 };
    this.#readers.add(position);
    return {
      next: () => {
        const index = position.at - this.#first;
        if (index === this.#made.length) {
          const { value } = this.#source.next();
          if (value === undefined) return undefined;
          this.#made.push(value);
          this.#budget.used += value.length;
        }
        position.at++;
        const frame = this.#made[index];
        this.#trim();
        return frame;
      },
      close: () => {
        this.#readers.delete(position);
        this.#trim();
      },
    };
  }

  /** Nobody opens it any more: what its readers have passed can go. */
  retire(): void {
    this.#retired = true;
    this.#trim();
  }

  #trim(): void {
    if (!this.#retired && this.#budget.used <= this.#budget.limit) return;
    let needed = this.#first + this.#made.length;
    for (const { at } of this.#readers) if (at < needed) needed = at;
    const gone = this.#made.splice(0, needed - this.#first);
    this.#first = needed;
    for (const frame of gone) this.#budget.used -= frame.length;
  }
}

interface Pending {
  readonly puts: Map<string, StoredEntity[]>;
  readonly deletes: Map<string, string[]>;
  bytes: number;
}

function* frames({ puts, deletes }: Changes): Generator<Buffer, void> {
  let pending = empty();
  for (const { collection, entity, bytes } of puts) {
    if (pending.bytes > 0 && pending.bytes + bytes > PART_BYTES) {
      yield frame(pending);
      pending = empty();
    }
    add(pending.puts, collection, entity);
    pending.bytes += bytes + OVERHEAD_BYTES;
  }
  for (const { collection, id } of deletes) {
    if (pending.bytes > 0 && pending.bytes + id.length > PART_BYTES) {
      yield frame(pending);
      pending = empty();
    }
    add(pending.deletes, collection, id);
    pending.bytes += id.length + OVERHEAD_BYTES;
  }
  if (pending.bytes > 0) yield frame(pending);
}

function empty(): Pending {
  return { puts: new Map(), deletes: new Map(), bytes: 0 };
}

function frame({ puts, deletes }: Pending): Buffer {
  return encodeFrame({
    type: 'part',
    puts: [...puts].map(([collection, entities]) => ({ collection, entities })),
    deletes: [...deletes].map(([collection, ids]) => ({ collection, ids })),
  });
}

function add<T>(map: Map<string, T[]>, collection: string, value: T): void {
  const list = map.get(collection);
  if (list === undefined) map.set(collection, [value]);
  else list.push(value);
}
