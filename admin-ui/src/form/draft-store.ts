/**
 * One form being filled in: the base that it began from, the draft, what is wrong. Fields subscribe to it by
 * themselves, so a key press renders one field and not a hundred.
 */
import { Observable } from '../api/observable.ts';
import { type Difference, differenceOf } from './changed-fields.ts';
import { NO_PROBLEMS, type Problems, withoutProblem } from './field-errors.ts';
import type { EntitySchema, Path } from './schema.ts';
import { type Draft, sameValue, valueAt, withValue } from './values.ts';

export class DraftStore {
  readonly schema: EntitySchema;
  readonly draft: Observable<Draft>;
  readonly problems = new Observable<Problems>(NO_PROBLEMS);
  readonly base: Observable<Draft>;
  /** Whether an entity is being made: what is not given is the gateway's to fill in. */
  readonly creating: boolean;

  constructor(schema: EntitySchema, base: Draft, creating: boolean, draft: Draft = base) {
    this.schema = schema;
    this.base = new Observable(base);
    this.draft = new Observable(draft);
    this.creating = creating;
  }

  value(path: Path): unknown {
    return valueAt(this.draft.value, path);
  }

  set(path: Path, value: unknown): void {
    if (sameValue(this.value(path), value)) return;
    this.draft.set(withValue(this.draft.value, path, value));
    this.problems.set(withoutProblem(this.problems.value, path));
  }

  /** What would be sent. */
  difference(): Difference {
    return differenceOf(this.schema, this.base.value, this.draft.value);
  }

  discard(): void {
    this.draft.set(this.base.value);
    this.problems.set(NO_PROBLEMS);
  }

  /** What the gateway has now; the draft goes on from there. */
  saved(entity: Draft): void {
    this.base.set(entity);
    this.draft.set(entity);
    this.problems.set(NO_PROBLEMS);
  }
}
