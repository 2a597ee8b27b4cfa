/**
 * What has to be done so that a gateway has what a file asks for. Entities are known again by the ids that the file
 * gives, else by what makes them unique (name, key, scope): a file without ids fits a gateway whose entities have any.
 */
import { randomUUID } from 'node:crypto';
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import { type FieldChange, fieldChanges } from './compare.ts';
import type { Desired } from './read-file.ts';
import { type Entities, idOf, type Schemas } from './schemas.ts';

export interface PlannedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly definition: EntityDefinition;
  readonly id: string;
  /** As it is; undefined when it is created. */
  readonly before: StoredEntity | undefined;
  /** As it should be, references with the gateway's ids; undefined when it is deleted. */
  readonly after: StoredEntity | undefined;
  /** Of an update. */
  readonly fields: readonly FieldChange[];
  /** What is sent; undefined for a deletion. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Why it cannot be sent. */
  readonly problem: string | undefined;
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  /** What people should know beside it. */
  readonly notes: readonly string[];
}

export interface PlanOptions {
  /** Only entities with all of these tags are deleted; those of the file get them. */
  readonly selectTags: readonly string[];
}

const NOT_COMPARED = new Set(['id', 'created_at', 'updated_at']);

export function makePlan(desired: Desired, current: Entities, schemas: Schemas, options: PlanOptions): Plan {
  const changes: PlannedChange[] = [];
  const notes: string[] = [];
  /** Id in the file to id in the gateway. */
  const ids = new Map<string, string>();
  let unchanged = 0;
  for (const definition of schemas.managed) {
    const { collection } = definition;
    const wanted = (desired.entities.get(collection) ?? []).map((entity) => ({
      fileId: entity.id,
      entity: withTags(definition, withGatewayIds(definition, entity, ids), options.selectTags),
    }));
    const there = current.get(collection) ?? [];
    const matches = match(definition, wanted, there, desired, schemas);
    const matched = new Set<string>();
    for (const [i, { fileId, entity }] of wanted.entries()) {
      const before = matches[i];
      const id = before?.id ?? freeId(fileId, there);
      ids.set(fileId, id);
      if (before !== undefined) matched.add(before.id);
      if (before !== undefined && before.id !== fileId && desired.isGivenId(fileId)) {
        notes.push(
          `${collection}: the gateway has ${before.id} where the file says ${fileId}; it keeps its id`,
        );
      }
      const after = settled({ ...entity, id }, before, desired.generated(fileId));
      const change = changeOf(definition, after, before, desired.storedForm, schemas);
      if (change === undefined) unchanged++;
      else changes.push(change);
    }
    for (const entity of there) {
      if (matched.has(entity.id) || !hasTags(entity, options.selectTags)) continue;
      const { id } = entity;
      changes.push({
        action: 'delete',
        definition,
        id,
        before: entity,
        after: undefined,
        fields: [],
        body: undefined,
        problem: undefined,
      });
    }
  }
  return { changes, unchanged, notes };
}

interface Wanted {
  readonly fileId: string;
  readonly entity: StoredEntity;
}

/** For each wanted entity the one that is there. */
function match(
  definition: EntityDefinition,
  wanted: readonly Wanted[],
  there: readonly StoredEntity[],
  desired: Desired,
  schemas: Schemas,
): (StoredEntity | undefined)[] {
  const byId = new Map(there.map((entity) => [entity.id, entity]));
  const byKey = new Map<string, StoredEntity>();
  for (const entity of there) {
    const key = schemas.naturalKey(definition, entity);
    if (key !== undefined && !byKey.has(key)) byKey.set(key, entity);
  }
  const taken = new Set<string>();
  const matches = new Array<StoredEntity | undefined>(wanted.length).fill(undefined);
  const rounds: ((one: Wanted) => StoredEntity | undefined)[] = [
    ({ fileId }) => (desired.isGivenId(fileId) ? byId.get(fileId) : undefined),
    ({ entity }) => {
      const key = schemas.naturalKey(definition, entity);
      return key === undefined ? undefined : byKey.get(key);
    },
    ({ fileId }) => byId.get(fileId),
  ];
  for (const round of rounds) {
    wanted.forEach((one, i) => {
      if (matches[i] !== undefined) return;
      const found = round(one);
      if (found === undefined || taken.has(found.id)) return;
      taken.add(found.id);
      matches[i] = found;
    });
  }
  return matches;
}

/** A made-up id may belong to an entity that has another name by now. */
function freeId(fileId: string, there: readonly StoredEntity[]): string {
  return there.some(({ id }) => id === fileId) ? randomUUID() : fileId;
}

function changeOf(
  definition: EntityDefinition,
  after: StoredEntity,
  before: StoredEntity | undefined,
  storedForm: boolean,
  schemas: Schemas,
): PlannedChange | undefined {
  const schema = schemas.schemaOf(definition, after);
  // What a gateway would make of it: hashed passwords.
  const transformed =
    storedForm || definition.transform === undefined ? after : definition.transform({ ...after });
  const hashed =
    storedForm && definition.transform !== undefined ? definition.transform({ ...after }) : after;
  const problemWith = (names: readonly string[]) => {
    const wrong = names.find((name) => hashed[name] !== after[name]);
    return wrong === undefined
      ? undefined
      : `its ${wrong} is in stored form (_transform: false), and the Admin API would hash it again: write the ${wrong} itself`;
  };
  const { id } = after;
  if (before === undefined) {
    const body: Record<string, unknown> = {};
    for (const name of Object.keys(schema.fields)) {
      if (NOT_COMPARED.has(name) || (after[name] ?? null) === null) continue;
      body[name] = after[name];
    }
    const problem = problemWith(Object.keys(body));
    return { action: 'create', definition, id, before, after, fields: [], body, problem };
  }
  const skip = (name: string) =>
    NOT_COMPARED.has(name) ||
    // A value that is there already in stored form, as a dump has it.
    (transformed[name] !== after[name] && transformed[name] === before[name]) ||
    (name === 'ttl' && definition.ttl && lives(before[name]) && lives(after[name]));
  const fields = fieldChanges(schema, before, after, skip);
  if (fields.length === 0) return undefined;
  const body: Record<string, unknown> = {};
  for (const { path } of fields) {
    const [name = ''] = path.split('.', 1);
    body[name] = after[name] ?? null;
  }
  return {
    action: 'update',
    definition,
    id,
    before,
    after,
    fields,
    body,
    problem: problemWith(Object.keys(body)),
  };
}

/** What the file leaves to the gateway is as it is there, and not sent where there is nothing yet. */
function settled(
  entity: StoredEntity,
  before: StoredEntity | undefined,
  paths: readonly string[],
): StoredEntity {
  let result: Readonly<Record<string, unknown>> = entity;
  for (const path of paths) result = withValueOf(result, before, path.split('.'));
  return result as StoredEntity;
}

type Row = Readonly<Record<string, unknown>>;

function withValueOf(row: Row, other: unknown, [name = '', ...rest]: readonly string[]): Row {
  const there = isRecord(other) ? other[name] : undefined;
  const own = row[name];
  const value = rest.length > 0 && isRecord(own) ? withValueOf(own, there, rest) : there;
  return { ...row, [name]: value };
}

/** A gateway shows how many seconds are left: that is another number each time. */
function lives(ttl: unknown): boolean {
  return typeof ttl === 'number' && ttl > 0;
}

function withGatewayIds(
  definition: EntityDefinition,
  entity: StoredEntity,
  ids: ReadonlyMap<string, string>,
): StoredEntity {
  const result: Record<string, unknown> & { id: string } = { ...entity };
  for (const { field } of definition.foreignKeys) {
    const id = idOf(entity[field]);
    if (id !== undefined) result[field] = { id: ids.get(id) ?? id };
  }
  const trusted = entity['ca_certificates'];
  if (definition.collection === 'services' && Array.isArray(trusted)) {
    result['ca_certificates'] = trusted.map((id: string) => ids.get(id) ?? id);
  }
  return result;
}

function withTags(
  definition: EntityDefinition,
  entity: StoredEntity,
  selectTags: readonly string[],
): StoredEntity {
  if (selectTags.length === 0 || !Object.hasOwn(definition.schema.fields, 'tags')) return entity;
  return { ...entity, tags: [...new Set([...tagsOf(entity), ...selectTags])] };
}

function tagsOf(entity: StoredEntity): readonly string[] {
  const { tags } = entity;
  return Array.isArray(tags) ? (tags as string[]) : [];
}

export function hasTags(entity: StoredEntity, selectTags: readonly string[]): boolean {
  const tags = tagsOf(entity);
  return selectTags.every((tag) => tags.includes(tag));
}
