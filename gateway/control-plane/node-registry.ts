/**
 * All data planes that any replica has seen lately. Each replica writes what it knows of its own nodes to the store,
 * a few documents a second at most; what the others wrote is read when somebody asks. A store that is away costs
 * the view of other replicas' nodes, never a stream.
 */
import type { Logger } from '../../shared/observe/logger.ts';
import type { Clock, Timer } from '../../shared/upstream/clock.ts';
import type { Documents } from './authority.ts';
import type { NodeRow } from './node-row.ts';

/** Kind of the documents. */
export const NODE_KIND = 'node';
const KEPT_SECONDS = 14 * 86_400;
const FLUSH_MS = 500;
const FLUSH_ROWS = 25;
/** What people wait for is written after this long, so that a burst of changes is one write. */
const URGENT_MS = 1_000;
/** The rest, and that a node is still there. */
const ROUTINE_MS = 60_000;
/** A connected node whose row is older was lost together with its replica. */
const BELIEVED_MS = 3 * ROUTINE_MS;
const CACHED_MS = 2_000;

interface Local {
  readonly row: () => NodeRow;
  /** Monotonic: when it has to be written. */
  dueAt: number;
}

export class NodeRegistry {
  readonly #documents: Documents;
  readonly #replica: string;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #log: Logger;
  /** Connected here, or gone and not written yet. */
  readonly #local = new Map<string, Local>();
  #timer: Timer | undefined;
  #flushing: Promise<void> | undefined;
  #stored: { readonly at: number; readonly rows: Promise<ReadonlyMap<string, NodeRow>> } | undefined;
  #lastKnown: ReadonlyMap<string, NodeRow> = new Map();
  #closed = false;

  /** `replica`: id of this node. */
  constructor(documents: Documents, replica: string, clock: Clock, now: () => number, log: Logger) {
    this.#documents = documents;
    this.#replica = replica;
    this.#clock = clock;
    this.#now = now;
    this.#log = log;
  }

  /** Starts writing. */
  start(): void {
    this.#timer = this.#clock.after(FLUSH_MS, () => {
      void this.#flushDue().finally(() => {
        if (!this.#closed) this.start();
      });
    });
  }

  /** Writes everything that is not written. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#flushing;
    for (const [id, local] of this.#local) {
      if (!(await this.#write(id, local))) return;
    }
  }

  /** A node that is connected here. `row` is asked whenever its state matters. */
  connected(id: string, row: () => NodeRow): void {
    this.#local.set(id, { row, dueAt: this.#clock.now() + URGENT_MS });
  }

  changed(id: string, urgent: boolean): void {
    const local = this.#local.get(id);
    if (local !== undefined && urgent) {
      local.dueAt = Math.min(local.dueAt, this.#clock.now() + URGENT_MS);
    }
  }

  /** The last row of a node that has gone. */
  gone(row: NodeRow): void {
    this.#local.set(row.id, { row: () => row, dueAt: this.#clock.now() + URGENT_MS });
  }

  async forget(id: string): Promise<boolean> {
    const here = this.#local.delete(id);
    this.#stored = undefined;
    return (await this.#documents.deleteDocument(NODE_KIND, id)) || here;
  }

  async get(id: string): Promise<NodeRow | undefined> {
    const local = this.#local.get(id)?.row();
    if (local?.connected === true) return local;
    return newer(local, (await this.#storedRows()).get(id));
  }

  /** Sorted by id. */
  async list(): Promise<readonly NodeRow[]> {
    const rows = new Map(await this.#storedRows());
    for (const [id, { row }] of this.#local) {
      const local = row();
      rows.set(id, local.connected ? local : (newer(local, rows.get(id)) as NodeRow));
    }
    return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #storedRows(): Promise<ReadonlyMap<string, NodeRow>> {
    const at = this.#clock.now();
    if (this.#stored === undefined || at - this.#stored.at > CACHED_MS) {
      this.#stored = { at, rows: this.#read() };
    }
    return this.#stored.rows;
  }

  async #read(): Promise<ReadonlyMap<string, NodeRow>> {
    try {
      const rows = new Map<string, NodeRow>();
      for (const { key, value } of await this.#documents.documents(NODE_KIND)) {
        rows.set(key, this.#believed(value as NodeRow));
      }
      this.#lastKnown = rows;
    } catch (error) {
      this.#log.warn('the nodes of other replicas cannot be read', { error });
    }
    return this.#lastKnown;
  }

  /** A replica that has died could not write that its nodes are gone. */
  #believed(row: NodeRow): NodeRow {
    const lost = row.replica === this.#replica || this.#now() - row.lastSeenAt > BELIEVED_MS;
    return row.connected && lost ? { ...row, connected: false } : row;
  }

  #flushDue(): Promise<void> {
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const now = this.#clock.now();
    let left = FLUSH_ROWS;
    for (const [id, local] of this.#local) {
      if (local.dueAt > now) continue;
      if (left-- === 0 || this.#closed || !(await this.#write(id, local))) return;
    }
  }

  /** False when the store is away. */
  async #write(id: string, local: Local): Promise<boolean> {
    const row = local.row();
    local.dueAt = this.#clock.now() + ROUTINE_MS;
    try {
      await this.#documents.putDocument(NODE_KIND, id, row, { ttlSeconds: KEPT_SECONDS });
    } catch (error) {
      local.dueAt = this.#clock.now() + URGENT_MS;
      this.#log.warn('what is known of a data plane cannot be stored', { node: id, error });
      return false;
    }
    if (this.#local.get(id) !== local) {
      // Forgotten meanwhile, or connected anew: then that is written in its turn.
      if (!this.#local.has(id)) await this.#documents.deleteDocument(NODE_KIND, id).catch(() => false);
    } else if (!row.connected) {
      this.#stored = undefined;
      this.#local.delete(id);
    }
    return true;
  }
}

function newer(one: NodeRow | undefined, other: NodeRow | undefined): NodeRow | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.lastSeenAt >= other.lastSeenAt ? one : other;
}
