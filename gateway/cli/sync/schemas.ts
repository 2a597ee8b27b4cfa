/** The kinds of entities that are dumped, compared and applied, and what is asked of them for that. */
import type { StoredEntity } from '../../../shared/config/change.ts';
import type { EntityDefinition } from '../../../shared/config/entities/definition.ts';
import { type EntityIndex, entityIndex } from '../../../shared/config/entities/index.ts';
import { pluginEntitySchema } from '../../../shared/config/entities/plugins.ts';
import { type PluginRegistry, pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import type { AnyField, RecordField } from '../../../shared/config/schema/field.ts';
import { isRecord } from '../../../shared/config/schema/validate.ts';
import type { PluginCatalog } from '../../../shared/plugins/catalog.ts';

/** By collection. */
export type Entities = ReadonlyMap<string, readonly StoredEntity[]>;

export class Schemas {
  readonly plugins: PluginRegistry;
  readonly index: EntityIndex;
  /**
   * Kong's own entities and the credentials of consumers, each after those that it refers to. What plugins keep
   * for themselves (issued tokens, sessions) is nobody's configuration.
   */
  readonly managed: readonly EntityDefinition[];

  constructor(catalog: Pick<PluginCatalog, 'schemas'>) {
    this.plugins = pluginRegistry(catalog.schemas);
    this.index = entityIndex(this.plugins);
    this.managed = [...this.index.values()].filter(
      ({ owner, foreignKeys }) =>
        owner === undefined || foreignKeys.some(({ reference }) => reference === 'consumers'),
    );
  }

  definition(collection: string): EntityDefinition {
    return this.index.get(collection) as EntityDefinition;
  }

  /** How far a collection is from those that refer to nothing. */
  level(collection: string): number {
    const parents = this.definition(collection).foreignKeys.map(({ reference }) => this.level(reference));
    return parents.length === 0 ? 0 : Math.max(...parents) + 1;
  }

  /** The fields of an entity; a plugin's with its configuration. */
  schemaOf(definition: EntityDefinition, entity: StoredEntity): RecordField {
    if (definition.collection !== 'plugins') return definition.schema;
    const schema = this.plugins.schema(String(entity['name']));
    return schema === undefined ? definition.schema : pluginEntitySchema(schema);
  }

  /** What tells it from all others of its kind beside its id; undefined when nothing does. */
  naturalKey(definition: EntityDefinition, entity: StoredEntity): string | undefined {
    const { cacheKey, endpointKey, uniqueFields, collection } = definition;
    if (cacheKey !== undefined && cacheKey.length > 1) {
      return JSON.stringify(cacheKey.map((field) => keyPart(entity[field])));
    }
    const names = endpointKey === undefined ? uniqueFields : [endpointKey, ...uniqueFields];
    for (const field of names) {
      const value = entity[field];
      if (typeof value === 'string') return `${field}=${value}`;
    }
    return collection === 'certificates' ? `cert=${String(entity['cert'])}` : undefined;
  }

  /** The name by which documents refer to it; undefined when only its id can. */
  nameOf(definition: EntityDefinition, entity: StoredEntity): string | undefined {
    const { endpointKey, uniqueFields } = definition;
    const name = endpointKey === undefined ? undefined : entity[endpointKey];
    return typeof name === 'string' && uniqueFields.includes(endpointKey as string) ? name : undefined;
  }
}

function keyPart(value: unknown): unknown {
  return idOf(value) ?? value ?? null;
}

/** The id in a foreign key. */
export function idOf(value: unknown): string | undefined {
  const id =
    typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
}

const SECRET_NAME = /pass(?:word|wd|phrase)?$|secret|private_key/;

/** Whether a field's value is not shown. */
export function isSecret(name: string, field: AnyField | undefined): boolean {
  if (field === undefined) return SECRET_NAME.test(name);
  if (field.type === 'array' || field.type === 'set') return isSecret(name, field.elements);
  if (field.type === 'map') return isSecret(name, field.values);
  if (field.options.encrypted === true) return true;
  return field.type === 'string' && SECRET_NAME.test(name);
}

/** The texts in an entity that are not shown. */
export function secretTexts(schema: RecordField, value: unknown): string[] {
  if (!isRecord(value)) return [];
  return Object.keys(schema.fields).flatMap((name) => {
    const field = schema.fields[name] as AnyField;
    const part = value[name];
    if (field.type === 'record') return secretTexts(field as RecordField, part);
    return isSecret(name, field) ? texts(part) : [];
  });
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
