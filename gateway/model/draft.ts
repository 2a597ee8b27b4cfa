/**
 * Changing the configuration: an overlay over a model that keeps what is written to it apart. Every write either
 * holds all the rules between entities or throws a ModelError and has changed nothing. Nothing here is stored or
 * served; whoever has the draft does that with its `change`.
 */
import type { Change, EntityChange, StoredEntity } from '../../shared/config/change.ts';
import { canonicalJson } from '../../shared/config/declarative/canonical-json.ts';
import type { EntityDefinition } from '../../shared/config/entities/definition.ts';
import { fillGenerated } from '../../shared/config/entities/fill-generated.ts';
import type { EntityIndex } from '../../shared/config/entities/index.ts';
import type { PluginRegistry } from '../../shared/config/plugin-registry.ts';
import { isUuid } from '../../shared/config/schema/rules.ts';
import { takeSnis } from './certificate-snis.ts';
import { type EntityKey, type InsertOptions, type ModelDraft, ModelError } from './contract.ts';
import {
  caStillReferenced,
  danglingReference,
  notFound,
  primaryKeyViolation,
  schemaViolation,
  stillReferenced,
  uniqueViolation,
  violation,
} from './errors.ts';
import { storedTtl, takeTtl } from './expiry.ts';
import { resolveForeignKeys } from './foreign-keys.ts';
import { requireCommonProtocol } from './plugin-protocols.ts';
import { referrersOf } from './referrers.ts';
import { accept, merge, read, type Sent, whenUpdating } from './request-entity.ts';
import { CA_CERTIFICATES, type Table, togetherValues } from './table.ts';
import { View } from './view.ts';

type Verb = 'insert' | 'upsert' | 'update';

/** One step: what was there before it. */
interface Step {
  readonly table: Table;
  readonly id: string;
  readonly before: StoredEntity | undefined;
}

export class Draft extends View implements ModelDraft {
  readonly #base: (collection: string) => Table;
  readonly #written = new Map<string, Table>();
  readonly #steps: Step[] = [];
  readonly #now: () => number;
  readonly #uuid: () => string;

  /** `base` gives the model's tables, and throws when the model has changed since. */
  constructor(
    index: EntityIndex,
    plugins: PluginRegistry,
    base: (collection: string) => Table,
    now: () => number,
    uuid: () => string,
  ) {
    super(index, plugins);
    this.#base = base;
    this.#now = now;
    this.#uuid = uuid;
  }

  insert(collection: string, input: unknown, options: InsertOptions = {}): StoredEntity {
    return this.attempt(() => this.#write('insert', collection, accept(input, options.fixed), undefined));
  }

  upsert(collection: string, key: EntityKey, input: unknown, options: InsertOptions = {}): StoredEntity {
    return this.attempt(() => {
      const sent = accept(input, options.fixed);
      const existing = this.locate(collection, key);
      let name: string | undefined;
      if (isUuid(key)) sent['id'] = key.toLowerCase();
      else if (collection === 'certificates') name = key;
      else sent[this.definition(collection).endpointKey as string] = key;
      return this.#write('upsert', collection, sent, existing, name);
    });
  }

  update(collection: string, key: EntityKey, input: unknown, options: InsertOptions = {}): StoredEntity {
    return this.attempt(() => {
      const sent = accept(input, options.fixed);
      const existing = this.locate(collection, key);
      if (existing !== undefined) return this.#write('update', collection, sent, existing);
      const field = isUuid(key) ? 'id' : (this.definition(collection).endpointKey ?? 'id');
      throw notFound({ [field]: key });
    });
  }

  remove(collection: string, key: EntityKey): boolean {
    return this.attempt(() => {
      const entity = this.locate(collection, key);
      if (entity === undefined) return false;
      this.#remove(collection, entity.id);
      return true;
    });
  }

  replace(change: Change): void {
    this.attempt(() => {
      for (const { collection, id, after } of change) {
        if (!this.index.has(collection))
          throw violation(collection, 'this node knows no such entities: a plugin is not installed');
        if (!isUuid(id) || (after !== null && after.id !== id))
          throw violation(collection, `'${id}' is not the id of an entity`);
        this.#delete(collection, id);
      }
      for (const { collection, after } of change) if (after !== null) this.#put(collection, after);
      for (const { collection, id, after } of change) {
        // What is over is there until it is deleted: a state that held it can be restored.
        if (after !== null)
          this.#checkReferences(this.definition(collection), after, (c, other) => this.table(c).get(other));
        else this.#checkUnreferenced(collection, id);
      }
    });
  }

  /** Deletes what is over, with everything that hangs on it. */
  removeExpired(): void {
    const seconds = this.#now() / 1000;
    for (const { collection, ttl } of this.index.values()) {
      if (!ttl) continue;
      for (const id of this.table(collection).expired(seconds)) {
        try {
          this.#remove(collection, id);
        } catch (error) {
          // Something that is not over needs it.
          if (!(error instanceof ModelError)) throw error;
        }
      }
    }
  }

  get change(): Change {
    const changes: EntityChange[] = [];
    const seen = new Map<Table, Set<string>>();
    for (const { table, id, before } of this.#steps) {
      let ids = seen.get(table);
      if (ids === undefined) seen.set(table, (ids = new Set()));
      if (ids.has(id)) continue;
      ids.add(id);
      const after = table.get(id);
      if (!same(before, after)) {
        const { collection } = table.definition;
        changes.push({ collection, id, before: before ?? null, after: after ?? null });
      }
    }
    return changes;
  }

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

  protected override now(): number {
    return this.#now();
  }

  protected override table(collection: string): Table {
    // Asked even for a table of the draft's own: it is over one of the model's.
    const base = this.#base(collection);
    return this.#written.get(collection) ?? base;
  }

  #write(
    verb: Verb,
    collection: string,
    sent: Sent,
    existing: StoredEntity | undefined,
    sniName?: string,
  ): StoredEntity {
    const definition = this.definition(collection);
    const now = this.#now();
    const seconds = Math.floor(now / 1000);
    const ttl = takeTtl(definition, sent);
    const snis = collection === 'certificates' ? takeSnis(sent, verb, sniName) : undefined;
    if (snis?.names !== undefined) this.#checkSnis(snis.names, existing?.id);
    // Always set here, whatever is sent.
    if (Object.hasOwn(definition.schema.fields, 'updated_at')) delete sent['updated_at'];
    resolveForeignKeys(definition, sent, this.#names);

    const whole = verb === 'update' ? this.#merged(definition, existing as StoredEntity, sent) : sent;
    const { value, problems: found } = read(definition, whole, this.plugins);
    const problems = snis === undefined ? found : [...found, ...snis.problems];
    if (problems.length > 0) throw schemaViolation(verb === 'update' ? whenUpdating(problems) : problems);

    if (existing !== undefined) value['id'] = existing.id;
    value['id'] ??= this.#uuid();
    definition.derive?.(value);
    const wrong = definition.inspect?.(value, seconds);
    if (wrong !== undefined) throw violation(wrong.field, wrong.message);
    if (collection === 'plugins' && saysProtocols(verb, sent)) requireCommonProtocol(value, this.#routes);
    fillGenerated(definition, value, now);
    if (definition.ttl) {
      value['ttl'] =
        ttl === undefined
          ? verb === 'update'
            ? (existing?.['ttl'] ?? null)
            : null
          : storedTtl(ttl, value['created_at'] as number, seconds);
    }
    const entity = transformed(definition, value, verb, sent) as StoredEntity;

    if (existing === undefined) this.#makeRoom(collection, entity.id);
    this.#put(collection, entity);
    this.#checkReferences(definition, entity);
    if (snis?.names !== undefined) this.#writeSnis(entity.id, snis.names);
    return this.show(collection, entity);
  }

  /** What is there and what was sent, as one whole entity. */
  #merged(definition: EntityDefinition, existing: StoredEntity, sent: Sent): Sent {
    const { id } = sent;
    if (typeof id === 'string' && id.toLowerCase() !== existing.id)
      throw violation('id', 'immutable field cannot be updated');
    if (sent['created_at'] === null) delete sent['created_at'];
    const whole = merge(definition, existing, sent, this.plugins);
    if (Object.hasOwn(definition.schema.fields, 'updated_at')) delete whole['updated_at'];
    if (definition.ttl) {
      delete whole['ttl'];
      delete whole['expires_at'];
    }
    return whole;
  }

  /** Code 3 when the id is taken. What is over makes room. */
  #makeRoom(collection: string, id: string): void {
    if (this.table(collection).get(id) === undefined) return;
    if (this.live(collection, id) !== undefined) throw primaryKeyViolation(id);
    this.#remove(collection, id);
  }

  /** Code 5 when another entity has one of the values that must be unique. What is over makes room. */
  #checkUnique(table: Table, entity: StoredEntity): void {
    const { definition } = table;
    const { collection, uniqueFields, cacheKey } = definition;
    for (const field of uniqueFields) {
      const value = entity[field];
      if (typeof value !== 'string') continue;
      const other = table.withUnique(field, value);
      if (other !== undefined && other !== entity.id && !this.#wasOver(collection, other))
        throw uniqueViolation({ [field]: value });
    }
    if (cacheKey === undefined || cacheKey.length < 2) return;
    const other = table.withTogether(togetherValues(definition, entity));
    if (other === undefined || other === entity.id || this.#wasOver(collection, other)) return;
    throw uniqueViolation(Object.fromEntries(cacheKey.map((field) => [field, entity[field] ?? null])));
  }

  /** Deletes it if it is over. */
  #wasOver(collection: string, id: string): boolean {
    if (this.live(collection, id) !== undefined) return false;
    this.#remove(collection, id);
    return true;
  }

  /** Code 4 when a foreign key leads nowhere. */
  #checkReferences(
    { foreignKeys }: EntityDefinition,
    entity: StoredEntity,
    lookup: (collection: string, id: string) => StoredEntity | undefined = this.#live,
  ): void {
    for (const { field, reference } of foreignKeys) {
      const id = (entity[field] as { readonly id: string } | null | undefined)?.id;
      if (id !== undefined && lookup(reference, id) === undefined)
        throw danglingReference(field, id, reference);
    }
  }

  #checkUnreferenced(collection: string, id: string): void {
    for (const { collection: child, field } of referrersOf(this.index).get(collection) ?? []) {
      if ((this.table(child).referring(field, id)?.length ?? 0) > 0) throw stillReferenced(collection, child);
    }
  }

  /** Deletes an entity with everything that hangs on it. Codes 4 and 19 when something else needs one of those. */
  #remove(collection: string, id: string): void {
    if (collection === 'ca_certificates') this.#checkCaUnused(id);
    const doomed = new Map<string, { readonly collection: string; readonly id: string }>();
    const needed: { readonly parent: string; readonly child: string; readonly key: string }[] = [];
    const open = [{ collection, id }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const key = `${next.collection} ${next.id}`;
      if (doomed.has(key)) continue;
      doomed.set(key, next);
      for (const { collection: child, field, onDelete } of referrersOf(this.index).get(next.collection) ??
        []) {
        for (const childId of this.table(child).referring(field, next.id)?.list ?? []) {
          if (onDelete === 'cascade') open.push({ collection: child, id: childId });
          else needed.push({ parent: next.collection, child, key: `${child} ${childId}` });
        }
      }
    }
    for (const { parent, child, key } of needed) if (!doomed.has(key)) throw stillReferenced(parent, child);
    for (const entity of doomed.values()) this.#delete(entity.collection, entity.id);
  }

  #checkCaUnused(id: string): void {
    for (const collection of ['services', 'plugins']) {
      const first = this.table(collection).referring(CA_CERTIFICATES, id)?.list[0];
      if (first !== undefined) throw caStillReferenced(id, collection, first);
    }
  }

  #checkSnis(names: readonly string[], certificate: string | undefined): void {
    const snis = this.table('snis');
    for (const name of names) {
      const id = snis.withUnique('name', name);
      const sni = id === undefined ? undefined : snis.get(id);
      const owner = (sni?.['certificate'] as { readonly id: string } | undefined)?.id;
      if (owner !== undefined && owner !== certificate)
        throw violation('snis', `${name} already associated with existing certificate '${owner}'`);
    }
  }

  #writeSnis(certificate: string, names: readonly string[]): void {
    const before = this.sniNames(certificate);
    for (const name of before) {
      const id = names.includes(name) ? undefined : this.table('snis').withUnique('name', name);
      if (id !== undefined) this.#delete('snis', id);
    }
    for (const name of names) {
      if (!before.includes(name)) this.insert('snis', { name, certificate: { id: certificate } });
    }
  }

  #put(collection: string, entity: StoredEntity): void {
    const table = this.#writable(collection);
    this.#checkUnique(table, entity);
    this.#steps.push({ table, id: entity.id, before: table.get(entity.id) });
    table.put(entity);
  }

  #delete(collection: string, id: string): void {
    const table = this.#writable(collection);
    const before = table.get(id);
    if (before === undefined) return;
    this.#steps.push({ table, id, before });
    table.delete(id);
  }

  #writable(collection: string): Table {
    const base = this.#base(collection);
    let table = this.#written.get(collection);
    if (table === undefined) this.#written.set(collection, (table = base.fork()));
    return table;
  }

  readonly #live = (collection: string, id: string) => this.live(collection, id);

  readonly #names = {
    definition: (collection: string) => this.definition(collection),
    idOf: (collection: string, field: string, value: string) => {
      const id = this.table(collection).withUnique(field, value);
      return id === undefined ? undefined : this.live(collection, id)?.id;
    },
  };

  readonly #routes = {
    route: (id: string) => this.live('routes', id),
    routesOf: (service: string) => this.table('routes').referring('service', service)?.list ?? [],
  };
}

/** As in Kong the protocols are compared only when something was said about them. */
function saysProtocols(verb: Verb, sent: Sent): boolean {
  const given = (field: string) => sent[field] !== undefined && sent[field] !== null;
  return given('protocols') || (verb === 'update' && (given('route') || given('service')));
}

/** Of an update only what was sent is hashed: what is there has been hashed already. */
function transformed(
  { transform }: EntityDefinition,
  value: Record<string, unknown>,
  verb: Verb,
  sent: Sent,
): Record<string, unknown> {
  if (transform === undefined) return value;
  const all = transform(value);
  if (verb !== 'update') return all;
  const result = { ...value };
  for (const field of Object.keys(all)) if (Object.hasOwn(sent, field)) result[field] = all[field];
  return result;
}

function same(before: StoredEntity | undefined, after: StoredEntity | undefined): boolean {
  if (before === after) return true;
  if (before === undefined || after === undefined) return false;
  return canonicalJson(before) === canonicalJson(after);
}
