/**
 * Reading: look-ups, pages, and the whole as the engine and the store take it. The model and its drafts read alike;
 * they differ in their tables.
 *
 * What is over (`ttl`) is not found and not listed, but it is part of the whole until it is deleted. Entities are
 * given out as the Admin API shows them (a certificate with its `snis`, `ttl` as the seconds that are left); `all`,
 * `stored` and the whole are in stored form.
 */
import type { StoredEntity } from '../../shared/config/change.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import { CORE_ENTITIES, type EntityIndex } from '../../shared/config/entities/index.ts';
import type { Configuration, CoreEntities, PluginEntity } from '../../shared/config/entities.ts';
import { shownHash } from '../../shared/config/generation-hash.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import type { AnyField } from '../../shared/config/schema/field.ts';
import { isUuid } from '../../shared/config/schema/rules.ts';
import { validateField } from '../../shared/config/schema/validate.ts';
import type { EntityKey, ModelView, Page, PageRequest } from './contract.ts';
import { digestOf } from './digest.ts';
import { invalidPrimaryKey, invalidUnique } from './errors.ts';
import { withSecondsLeft } from './expiry.ts';
import type { Table } from './table.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

export abstract class View implements ModelView {
  readonly index: EntityIndex;
  readonly plugins: PluginRegistry;

  constructor(index: EntityIndex, plugins: PluginRegistry) {
    this.index = index;
    this.plugins = plugins;
  }

  /** The table to read from. */
  protected abstract table(collection: string): Table;
  /** Milliseconds since the epoch. */
  protected abstract now(): number;

  definition(collection: string): EntityDefinition {
    const definition = this.index.get(collection);
    if (definition === undefined) throw new Error(`there is no collection named ${collection}`);
    return definition;
  }

  find(collection: string, key: EntityKey): StoredEntity | undefined {
    return this.#shown(collection, this.locate(collection, key));
  }

  byId(collection: string, id: string): StoredEntity | undefined {
    return this.#shown(collection, this.live(collection, id));
  }

  /** As `byId`, in stored form. */
  stored(collection: string, id: string): StoredEntity | undefined {
    return this.live(collection, id);
  }

  /**
   * The entity with this id, or with this text in the field that makes it unique below its parent (a target's
   * address, the group of an acl), else with this endpoint key. Undefined when it belongs to another parent.
   */
  findChild(collection: string, field: string, parent: string, key: EntityKey): StoredEntity | undefined {
    const definition = this.definition(collection);
    const { cacheKey } = definition;
    const other = cacheKey?.length === 2 ? cacheKey.find((name) => name !== field) : undefined;
    if (!isUuid(key) && other !== undefined && cacheKey?.includes(field) === true) {
      const value = this.#keyValue(definition, other, key);
      const values = cacheKey.map((name) => (name === field ? parent : value));
      const id = this.table(collection).withTogether(values);
      if (id !== undefined) return this.byId(collection, id);
      if (definition.endpointKey === undefined || !definition.uniqueFields.includes(definition.endpointKey))
        return undefined;
    }
    const entity = this.locate(collection, key);
    const reference = entity?.[field] as { readonly id: string } | null | undefined;
    return reference?.id === parent ? this.#shown(collection, entity) : undefined;
  }

  page(collection: string, request: PageRequest): Page {
    const table = this.table(collection);
    return this.#page(
      table,
      table.ids.list,
      request.after === undefined ? 0 : table.ids.after(request.after),
      request,
    );
  }

  children(collection: string, field: string, id: string, request: PageRequest): Page {
    const table = this.table(collection);
    const ids = table.referring(field, id);
    if (ids === undefined) return { data: [], after: undefined };
    if (collection === 'targets') {
      const list = newestFirst(table, ids.list);
      const start = request.after === undefined ? 0 : list.indexOf(request.after) + 1;
      return this.#page(table, list, start, request);
    }
    return this.#page(table, ids.list, request.after === undefined ? 0 : ids.after(request.after), request);
  }

  all(collection: string): readonly StoredEntity[] {
    const table = this.table(collection);
    const over = new Set(table.expired(this.#seconds()));
    return over.size === 0 ? table.list() : table.list().filter(({ id }) => !over.has(id));
  }

  count(collection: string): number {
    const table = this.table(collection);
    return table.ids.length - table.expired(this.#seconds()).length;
  }

  /** The whole for the engine: every list in the order of the ids. Lists that did not change are the same objects. */
  configuration(hash: string): Configuration {
    const core: Record<string, unknown> = {};
    for (const { collection } of CORE_ENTITIES) core[collection] = this.table(collection).list();
    const pluginEntities: Record<string, readonly PluginEntity[]> = {};
    for (const { collection, owner } of this.index.values()) {
      if (owner !== undefined)
        pluginEntities[collection] = this.table(
          collection,
        ).list() as readonly unknown[] as readonly PluginEntity[];
    }
    // The tables hold what the schemas describe, and entities.ts is written after the schemas.
    return { ...(core as unknown as CoreEntities), pluginEntities, hash };
  }

  /** As `generationDigest` of shared/config/generation-hash.ts. Entities that did not change are not read again. */
  digest(): string {
    const hash = createHash('sha256');
    // A blank is less than every character of a name: sorted collections with sorted ids are sorted keys.
    for (const collection of [...this.index.keys()].sort()) {
      let lines = '';
      for (const entity of this.table(collection).list()) {
        lines += `${collection} ${entity.id} ${digestOf(entity)}\n`;
      }
      hash.update(lines);
    }
    return hash.digest('hex');
  }

  /** What `Configuration.hash` holds: 32 characters. */
  hash(): string {
    return shownHash(this.digest(), this.size());
  }

  /** Number of entities, those that are over among them. */
  size(): number {
    let size = 0;
    for (const collection of this.index.keys()) size += this.table(collection).ids.length;
    return size;
  }

  /** By id or endpoint key, in stored form. */
  protected locate(collection: string, key: EntityKey): StoredEntity | undefined {
    if (isUuid(key)) return this.live(collection, key.toLowerCase());
    if (collection === 'certificates') {
      const sni = this.locate('snis', key);
      return sni === undefined ? undefined : this.live(collection, referenceId(sni['certificate']));
    }
    const definition = this.definition(collection);
    const { endpointKey } = definition;
    if (endpointKey === undefined) throw invalidPrimaryKey();
    const id = this.table(collection).withUnique(endpointKey, this.#keyValue(definition, endpointKey, key));
    return id === undefined ? undefined : this.live(collection, id);
  }

  /** The entity in stored form, unless it is over. */
  protected live(collection: string, id: string): StoredEntity | undefined {
    const table = this.table(collection);
    const at = table.expiry(id);
    return at !== undefined && at <= this.#seconds() ? undefined : table.get(id);
  }

  /** An entity as the Admin API shows it. */
  protected show(collection: string, entity: StoredEntity): StoredEntity {
    if (collection === 'certificates') return { ...entity, snis: this.sniNames(entity.id) };
    return this.definition(collection).ttl ? withSecondsLeft(entity, this.#seconds()) : entity;
  }

  /** Sorted. */
  protected sniNames(certificate: string): string[] {
    const snis = this.table('snis');
    const ids = snis.referring('certificate', certificate)?.list ?? [];
    return ids.map((id) => snis.get(id)?.['name'] as string).sort();
  }

  #shown(collection: string, entity: StoredEntity | undefined): StoredEntity | undefined {
    return entity === undefined ? undefined : this.show(collection, entity);
  }

  #keyValue({ schema }: EntityDefinition, field: string, key: string): string {
    const { value, problems } = validateField(schema.fields[field] as AnyField, key);
    const problem = problems[0];
    if (problem !== undefined) throw invalidUnique(field, problem.message);
    return value as string;
  }

  #seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  #page(table: Table, ids: readonly string[], start: number, { size, tags }: PageRequest): Page {
    const { collection } = table.definition;
    const data: StoredEntity[] = [];
    for (let i = start; i < ids.length; i++) {
      const entity = this.live(collection, ids[i] as string);
      if (entity === undefined || (tags !== undefined && !hasTags(entity, tags))) continue;
      if (data.length === size) return { data, after: data[size - 1]?.id };
      data.push(this.show(collection, entity));
    }
    return { data, after: undefined };
  }
}

function hasTags(entity: StoredEntity, wanted: NonNullable<PageRequest['tags']>): boolean {
  const tags = entity['tags'];
  const has = (tag: string) => Array.isArray(tags) && tags.includes(tag);
  return 'all' in wanted ? wanted.all.every(has) : wanted.any.some(has);
}

function newestFirst(table: Table, ids: readonly string[]): string[] {
  const created = (id: string) => table.get(id)?.['created_at'] as number;
  return [...ids].sort((a, b) => created(b) - created(a) || (a < b ? 1 : -1));
}

function referenceId(value: unknown): string {
  return (value as { readonly id: string }).id;
}
