/** What was written to the tables of a draft, step by step: to undo it, and to say what it came to. */
import type { Change, EntityChange, StoredEntity } from '../../shared/config/change.ts';
import { canonicalJson } from '../../shared/config/declarative/canonical-json.ts';
import type { Table } from './table.ts';

interface Step {
  readonly table: Table;
  readonly id: string;
  readonly before: StoredEntity | undefined;
}

export class Journal {
  readonly #steps: Step[] = [];

  put(table: Table, entity: StoredEntity): void {
    this.#steps.push({ table, id: entity.id, before: table.get(entity.id) });
    table.put(entity);
  }

  delete(table: Table, id: string): void {
    const before = table.get(id);
    if (before === undefined) return;
    this.#steps.push({ table, id, before });
    table.delete(id);
  }

  /** Runs `work`; what it wrote is undone when it throws. */
  attempt<T>(work: () => T): T {
    const start = this.#steps.length;
    try {
      return work();
    } catch (error) {
      for (let i = this.#steps.length - 1; i >= start; i--) {
        const { table, id, before } = this.#steps[i] as Step;
        if (before === undefined) table.delete(id);
        else table.put(before);
      }
      this.#steps.length = start;
      throw error;
    }
  }

  /** Each entity that is not as it was before the first step. */
  change(): Change {
    const changes: EntityChange[] = [];
    const seen = new Map<Table, Set<string>>();
    for (const { table, id, before } of this.#steps) {
      let ids = seen.get(table);
      if (ids === undefined) seen.set(table, (ids = new Set()));
      if (ids.has(id)) continue;
      ids.add(id);
      const after = table.get(id);
      if (same(before, after)) continue;
      const { collection } = table.definition;
      changes.push({ collection, id, before: before ?? null, after: after ?? null });
    }
    return changes;
  }
}

function same(before: StoredEntity | undefined, after: StoredEntity | undefined): boolean {
  if (before === after) return true;
  if (before === undefined || after === undefined) return false;
  return canonicalJson(before) === canonicalJson(after);
}
