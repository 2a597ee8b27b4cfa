/**
 * Carries out a plan through the Admin API: what others refer to first, ten at a time, deletions last (but for those
 * that stand in the way). What fails is told with the API's own words; what hangs on it is not tried, and nothing is
 * deleted then. It can always be run again.
 */
import { CliError } from '../../../shared/cli/cli-error.ts';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { type AdminClient, AdminRefusal } from '../admin-client.ts';
import { inParallel } from './in-parallel.ts';
import type { Plan, PlannedChange } from './plan.ts';
import { idOf, type Schemas, secretTexts } from './schemas.ts';

export interface Failure {
  readonly change: PlannedChange;
  readonly message: string;
}

export interface Outcome {
  readonly done: readonly PlannedChange[];
  readonly failures: readonly Failure[];
  /** Not tried, because something failed that they need. */
  readonly skipped: readonly PlannedChange[];
  /** Why it was broken off: the gateway is gone, or lets us in no longer. */
  readonly broken: CliError | undefined;
}

/** `finished` is told about each change that has been made. Does not reject. */
export async function carryOut(
  plan: Plan,
  client: AdminClient,
  schemas: Schemas,
  finished: (change: PlannedChange, done: number) => void,
): Promise<Outcome> {
  const done: PlannedChange[] = [];
  const failures: Failure[] = [];
  const skipped: PlannedChange[] = [];
  /** Ids of what is not as it should be. */
  const missing = new Set<string>();
  let broken: CliError | undefined;

  const carry = async (change: PlannedChange): Promise<void> => {
    const { definition, after } = change;
    const needs = after === undefined ? [] : definition.foreignKeys.map(({ field }) => idOf(after[field]));
    if (needs.some((id) => id !== undefined && missing.has(id))) {
      missing.add(change.id);
      skipped.push(change);
      return;
    }
    try {
      if (change.problem !== undefined) throw new AdminRefusal(0, change.problem);
      await send(change, client);
      done.push(change);
      finished(change, done.length);
    } catch (error) {
      if (!(error instanceof AdminRefusal)) throw error;
      // It is about the token: every other change would hear the same.
      if (error.status === 403) throw new CliError(error.message);
      // An entity that is there can still be referred to.
      if (change.action === 'create') missing.add(change.id);
      failures.push({ change, message: withoutSecrets(error.message, change, schemas) });
    }
  };

  const levels = Map.groupBy(plan.changes, ({ definition }) => schemas.level(definition.collection));
  const order = [...levels.keys()].sort((a, b) => a - b);
  const early = inTheWay(plan.changes);
  try {
    for (const level of order.toReversed()) {
      await inParallel(
        (levels.get(level) ?? []).filter((change) => early.has(change)),
        carry,
      );
    }
    for (const level of order) {
      const changes = (levels.get(level) ?? []).filter(({ action }) => action !== 'delete');
      await inParallel(changes, carry);
    }
    for (const level of order.toReversed()) {
      const deletions = (levels.get(level) ?? []).filter(
        (change) => change.action === 'delete' && !early.has(change),
      );
      if (failures.length > 0 || skipped.length > 0) skipped.push(...deletions);
      else await inParallel(deletions, carry);
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    broken = error;
  }
  return { done, failures, skipped, broken };
}

/** Deletions of what holds a unique value (a consumer's custom_id) that something else is about to get. */
function inTheWay(changes: readonly PlannedChange[]): ReadonlySet<PlannedChange> {
  const wanted = new Set<string>();
  const valuesOf = ({ definition }: PlannedChange, entity: StoredEntity | undefined) =>
    definition.uniqueFields.flatMap((field) => {
      const value = entity?.[field];
      return typeof value === 'string' ? [`${definition.collection} ${field} ${value}`] : [];
    });
  for (const change of changes) for (const value of valuesOf(change, change.after)) wanted.add(value);
  const found = changes.filter(
    (change) =>
      change.action === 'delete' && valuesOf(change, change.before).some((value) => wanted.has(value)),
  );
  return new Set(found);
}

async function send(change: PlannedChange, client: AdminClient): Promise<void> {
  const { action, definition, id, body } = change;
  const upstream =
    definition.collection === 'targets' ? idOf((change.after ?? change.before)?.['upstream']) : undefined;
  const list =
    upstream === undefined
      ? `/${definition.adminPath}`
      : `/upstreams/${encodeURIComponent(upstream)}/targets`;
  const one = `${list}/${encodeURIComponent(id)}`;
  if (action === 'delete') {
    const answer = await client.send('DELETE', one);
    // Gone with what it hung on.
    if (answer.status === 404 || (answer.status >= 200 && answer.status < 300)) return;
    throw refusalOf(answer.status, answer.body);
  }
  if (action === 'update') await client.expect('PATCH', one, body);
  // A PUT never makes a target, as in Kong.
  else if (upstream !== undefined) await client.expect('POST', list, { ...body, id });
  else await client.expect('PUT', one, body);
}

function refusalOf(status: number, body: unknown): AdminRefusal {
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  return new AdminRefusal(status, typeof message === 'string' ? message : `status ${status}`);
}

const SHORTEST_SECRET = 3;

/** An API may say which key is taken. */
function withoutSecrets(message: string, { definition, after }: PlannedChange, schemas: Schemas): string {
  if (after === undefined) return message;
  let shown = message;
  for (const text of secretTexts(schemas.schemaOf(definition, after), after)) {
    if (text.length >= SHORTEST_SECRET) shown = shown.replaceAll(text, '***');
  }
  return shown;
}
