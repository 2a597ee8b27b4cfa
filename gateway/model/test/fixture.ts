/** A model over the test plugins of the readers, with a clock and ids that are the same in every run. */
import assert from 'node:assert/strict';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { plugins } from '../../../shared/config/declarative/test/fixture-plugins.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import { Random } from '../../../shared/test/random.ts';
import { ModelError, type ModelErrorBody } from '../contract.ts';
import type { Draft } from '../draft.ts';
import { Model } from '../model.ts';

export { plugins };
export const index = entityIndex(plugins);

/** Milliseconds since the epoch. */
export const START = 1_790_000_000_250;

export class Bench {
  now = START;
  model: Model;
  readonly random: Random;

  constructor(seed = 1, entities: ReadonlyMap<string, readonly StoredEntity[]> = new Map()) {
    this.random = new Random(seed);
    this.model = Model.from(index, plugins, entities, { now: () => this.now });
  }

  draft(): Draft {
    return this.model.draft({ now: () => this.now, uuid: () => this.random.uuid() });
  }

  /** Makes a change for good. */
  write<T>(work: (draft: Draft) => T): T {
    const draft = this.draft();
    const result = work(draft);
    this.model.apply(draft.change);
    return result;
  }

  insert(collection: string, input: object): StoredEntity {
    return this.write((draft) => draft.insert(collection, input));
  }
}

/** The error that `work` ends with: its status and body as plain JSON. */
export function refusal(work: () => unknown): ModelErrorBody & { readonly status: number } {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ModelError, `threw ${String(error)}`);
    return { status: error.status, ...(JSON.parse(JSON.stringify(error.body)) as ModelErrorBody) };
  }
  assert.fail('was not refused');
}
