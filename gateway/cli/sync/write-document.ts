/**
 * A gateway's entities as decK writes them: nested where they hang on one other entity, referred to by name, without
 * what is the default anyway. Reading it gives equal entities.
 */
import type { StoredEntity } from '../../../shared/config/change.ts';
import { nestingOf } from '../../../shared/config/declarative/shape.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import type { AnyField, ListField, MapField, RecordField } from '../../../shared/config/schema/field.ts';
import { isUuid } from '../../../shared/config/schema/rules.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import { equal } from './compare.ts';
import { type Entities, idOf, type Schemas } from './schemas.ts';

export interface DocumentOptions {
  readonly withId: boolean;
  /** What may be referred to; default: what is written. */
  readonly known?: Entities;
}

type Row = Record<string, unknown>;

const LEFT_OUT = new Set(['id', 'created_at', 'updated_at', 'cert_digest']);

export function documentOf(
  entities: Entities,
  schemas: Schemas,
  options: DocumentOptions,
): Readonly<Record<string, unknown>> {
  const nesting = nestingOf(schemas.index);
  const known = new Map<string, StoredEntity>();
  for (const [collection, list] of options.known ?? entities) {
    for (const entity of list) known.set(`${collection} ${entity.id}`, entity);
  }
  const document: Row = { _format_version: '3.0' };
  if (hasHashedSecrets(entities, schemas)) document['_transform'] = false;
  const written = new Map<string, Row>();
  const lists = new Map<object, Map<string, { readonly key: string; readonly row: Row }[]>>();
  for (const definition of schemas.managed) {
    const { collection, foreignKeys } = definition;
    for (const entity of entities.get(collection) ?? []) {
      const row: Row = Object.create(null);
      const parents = foreignKeys.filter(({ field }) => idOf(entity[field]) !== undefined);
      // With several it stands at the top and names them all.
      const nestable = parents.filter(
        ({ field, reference }) =>
          nesting.get(reference)?.get(collection) === field && mayNest(collection, reference),
      );
      const parent = parents.length === 1 || collection !== 'plugins' ? nestable[0] : undefined;
      const above =
        parent === undefined ? undefined : written.get(`${parent.reference} ${idOf(entity[parent.field])}`);
      const strip = stripped(schemas.schemaOf(definition, entity), entity);
      for (const name of Object.keys(strip)) {
        if (LEFT_OUT.has(name) || (above !== undefined && name === parent?.field)) continue;
        const reference = foreignKeys.find(({ field }) => field === name)?.reference;
        row[name] =
          reference === undefined ? strip[name] : referenceTo(reference, strip[name], known, schemas);
      }
      if (options.withId || needsId(definition, entity, schemas)) row['id'] = entity.id;
      written.set(`${collection} ${entity.id}`, row);
      const home = above ?? document;
      let homeLists = lists.get(home);
      if (homeLists === undefined) lists.set(home, (homeLists = new Map()));
      const key = schemas.naturalKey(definition, { ...entity, ...row }) ?? entity.id;
      const list = homeLists.get(collection) ?? [];
      list.push({ key, row });
      homeLists.set(collection, list);
    }
  }
  for (const [home, homeLists] of lists) {
    for (const [collection, list] of homeLists) {
      list.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      (home as Row)[collection] = list.map(({ row }) => row);
    }
  }
  for (const row of written.values()) sortFields(row);
  return document;
}

/** YAML as decK writes it, or JSON. */
export async function documentText(
  document: Readonly<Record<string, unknown>>,
  format: 'yaml' | 'json',
): Promise<string> {
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  const { stringify } = await import('yaml');
  // Version 1.1 quotes what older parsers would take for truth values and dates.
  return stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

/** As decK does it: what only uses a certificate is not part of it, and keys stand at the top. */
function mayNest(collection: string, reference: string): boolean {
  return collection !== 'keys' && (reference !== 'certificates' || collection === 'snis');
}

function referenceTo(
  collection: string,
  value: unknown,
  known: ReadonlyMap<string, StoredEntity>,
  schemas: Schemas,
): unknown {
  const id = idOf(value);
  if (id === undefined) return value;
  const entity = known.get(`${collection} ${id}`);
  const name = entity === undefined ? undefined : schemas.nameOf(schemas.definition(collection), entity);
  return name === undefined || isUuid(name) ? id : name;
}

/** When nothing but its id tells it from others, or others cannot refer to it by name. */
function needsId(definition: EntityDefinition, entity: StoredEntity, schemas: Schemas): boolean {
  const name = schemas.nameOf(definition, entity);
  if (name !== undefined) return isUuid(name);
  const { collection } = definition;
  const referredTo = ['certificates', 'ca_certificates', 'services', 'routes', 'consumers', 'key_sets'];
  return referredTo.includes(collection) || schemas.naturalKey(definition, entity) === undefined;
}

/** Whether something is in it that would be hashed again when it is read as it was sent. */
function hasHashedSecrets(entities: Entities, schemas: Schemas): boolean {
  for (const definition of schemas.managed) {
    const { collection, transform } = definition;
    if (transform === undefined) continue;
    for (const entity of entities.get(collection) ?? []) {
      const after = transform({ ...entity });
      if (Object.keys(after).some((name) => after[name] !== entity[name])) return true;
    }
  }
  return false;
}

/** Without what is null or the default. */
function stripped(schema: RecordField, entity: Readonly<Record<string, unknown>>): Row {
  const result: Row = Object.create(null);
  for (const name of Object.keys(schema.fields)) {
    const field = schema.fields[name] as AnyField;
    const value = entity[name] ?? null;
    if (value === null) continue;
    const { default: preset } = field.options;
    if (preset !== undefined && field.type !== 'record' && equal(field, value, preset)) continue;
    const kept = strippedValue(field, value);
    if (field.type === 'record' && isDefaultRecord(field as RecordField, kept)) continue;
    result[name] = kept;
  }
  return result;
}

function strippedValue(field: AnyField, value: unknown): unknown {
  if (field.type === 'record' && isRecord(value)) return stripped(field as RecordField, value);
  if ((field.type === 'array' || field.type === 'set') && Array.isArray(value)) {
    return value.map((element) => strippedValue((field as ListField).elements, element));
  }
  if (field.type === 'map' && isRecord(value)) {
    const result: Row = Object.create(null);
    for (const key of Object.keys(value)) result[key] = strippedValue((field as MapField).values, value[key]);
    return result;
  }
  return value;
}

/** A record that is filled in by its fields when it is absent need not be written; any other that is empty must be. */
function isDefaultRecord(field: RecordField, kept: unknown): boolean {
  if (!isRecord(kept) || Object.keys(kept).length > 0) return false;
  const { required, default: preset } = field.options;
  return required === true && preset === undefined;
}

function sortFields(row: Row): void {
  const names = Object.keys(row).sort();
  const values = names.map((name) => row[name]);
  for (const name of names) delete row[name];
  names.forEach((name, i) => {
    row[name] = values[i];
  });
}
