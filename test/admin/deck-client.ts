/**
 * A client that does with the Admin API what decK does: reads all lists page by page, fills what is wanted with the
 * defaults of `/schemas`, creates and updates with PUT under ids of its own, ten at a time, targets with POST
 * where PUT says 404. Compares everything but times.
 */
import { createHash } from 'node:crypto';
import { type Document, filled } from '../../gateway/admin/test/schema-defaults.ts';

export type Entity = Record<string, unknown> & { readonly id: string };
/** By collection, in an order in which each comes after those that it refers to. */
export type State = Readonly<Record<string, readonly Entity[]>>;

/** Where a collection is read, and where one of its entities is written. */
interface Place {
  readonly list: string;
  readonly write: (entity: Entity) => string;
}

const PARALLEL = 10;
const PAGE = 7;
const TIMES = ['created_at', 'updated_at'];

const top = (path: string): Place => ({ list: `/${path}`, write: ({ id }) => `/${path}/${id}` });
const idOf = (entity: Entity, field: string): string => (entity[field] as { readonly id: string }).id;
const ofConsumer = (path: string, nested: string): Place => ({
  list: `/${path}`,
  write: (entity) => `/consumers/${idOf(entity, 'consumer')}/${nested}/${entity.id}`,
});

const PLACES: Readonly<Record<string, Place>> = {
  certificates: top('certificates'),
  ca_certificates: top('ca_certificates'),
  services: top('services'),
  routes: top('routes'),
  consumers: top('consumers'),
  keyauth_credentials: ofConsumer('key-auths', 'key-auth'),
  basicauth_credentials: ofConsumer('basic-auths', 'basic-auth'),
  acls: ofConsumer('acls', 'acls'),
  upstreams: top('upstreams'),
  vaults: top('vaults'),
  key_sets: top('key-sets'),
  plugins: top('plugins'),
};

export class DeckClient {
  readonly #base: string;
  readonly #schemas = new Map<string, Promise<Document>>();
  writes = 0;

  /** `base`: `http://127.0.0.1:8001`. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Makes it so; how many writes that took. */
  async sync(wanted: State): Promise<number> {
    this.writes = 0;
    const current = await this.dump(Object.keys(wanted));
    for (const [collection, entities] of Object.entries(wanted)) {
      const known = new Map((current[collection] ?? []).map((entity) => [entity.id, entity]));
      await inParallel(entities, async (entity) => {
        const full = await this.withDefaults(collection, entity);
        const present = known.get(entity.id);
        if (present === undefined || differences(full, present).length > 0)
          await this.#put(collection, entity);
      });
    }
    for (const collection of Object.keys(wanted).reverse()) {
      const kept = new Set((wanted[collection] ?? []).map(({ id }) => id));
      const surplus = (current[collection] ?? []).filter(({ id }) => !kept.has(id));
      await inParallel(surplus, (entity) => this.#delete(collection, entity));
    }
    return this.writes;
  }

  /** Everything that is different from what is wanted, as text. */
  async differences(wanted: State): Promise<readonly string[]> {
    const current = await this.dump(Object.keys(wanted));
    const found: string[] = [];
    for (const [collection, entities] of Object.entries(wanted)) {
      const known = new Map((current[collection] ?? []).map((entity) => [entity.id, entity]));
      for (const entity of entities) {
        const present = known.get(entity.id);
        known.delete(entity.id);
        if (present === undefined) found.push(`${collection} ${entity.id} is missing`);
        else {
          const full = await this.withDefaults(collection, entity);
          for (const text of differences(full, present)) found.push(`${collection} ${entity.id}: ${text}`);
        }
      }
      for (const id of known.keys()) found.push(`${collection} ${id} is too much`);
    }
    return found;
  }

  async dump(collections: readonly string[]): Promise<State> {
    const state: Record<string, Entity[]> = {};
    for (const collection of collections) {
      if (collection !== 'targets') state[collection] = await this.#all((PLACES[collection] as Place).list);
    }
    if (collections.includes('targets')) {
      const lists = (state['upstreams'] ?? []).map(({ id }) => this.#all(`/upstreams/${id}/targets`));
      state['targets'] = (await Promise.all(lists)).flat();
    }
    return state;
  }

  async withDefaults(collection: string, entity: Entity): Promise<Entity> {
    const full = filled(await this.#schema(collection), entity) as Entity;
    if (entity['snis'] !== undefined) full['snis'] = entity['snis'];
    // decK computes the hash that is stored, to see whether the password is another one.
    if (collection === 'basicauth_credentials') {
      const salted = `${String(entity['password'])}${idOf(entity, 'consumer')}`;
      return { ...full, password: createHash('sha1').update(salted).digest('hex') };
    }
    if (collection !== 'plugins') return full;
    const own = filled(await this.#schema(`plugins/${String(entity['name'])}`), entity);
    return { ...full, ...own } as Entity;
  }

  #schema(name: string): Promise<Document> {
    let schema = this.#schemas.get(name);
    if (schema === undefined) {
      schema = this.#ask('GET', `/schemas/${name}`).then(({ body }) => body as Document);
      this.#schemas.set(name, schema);
    }
    return schema;
  }

  async #all(path: string): Promise<Entity[]> {
    const found: Entity[] = [];
    let offset: string | undefined;
    do {
      const query = offset === undefined ? '' : `&offset=${encodeURIComponent(offset)}`;
      const { body } = await this.#ask('GET', `${path}?size=${PAGE}${query}`);
      const page = body as { readonly data: readonly Entity[]; readonly offset?: string };
      found.push(...page.data);
      offset = page.offset;
    } while (offset !== undefined);
    return found;
  }

  async #put(collection: string, entity: Entity): Promise<void> {
    this.writes++;
    if (collection !== 'targets') {
      await this.#ask('PUT', (PLACES[collection] as Place).write(entity), entity);
      return;
    }
    const path = `/upstreams/${idOf(entity, 'upstream')}/targets`;
    const { status } = await this.#ask('PUT', `${path}/${entity.id}`, entity, [404]);
    if (status === 404) await this.#ask('POST', path, entity);
  }

  async #delete(collection: string, entity: Entity): Promise<void> {
    this.writes++;
    const path =
      collection === 'targets'
        ? `/upstreams/${idOf(entity, 'upstream')}/targets/${entity.id}`
        : `${(PLACES[collection] as Place).list}/${entity.id}`;
    await this.#ask('DELETE', path);
  }

  async #ask(
    method: string,
    path: string,
    body?: unknown,
    accepted: readonly number[] = [],
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok && !accepted.includes(response.status))
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }
}

function differences(wanted: Entity, present: Entity): string[] {
  const found: string[] = [];
  for (const field of new Set([...Object.keys(wanted), ...Object.keys(present)])) {
    if (TIMES.includes(field)) continue;
    const [one, other] = [canonical(wanted[field]), canonical(present[field])];
    if (one !== other) found.push(`${field}: wanted ${one}, is ${other}`);
  }
  return found;
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

async function inParallel<V>(values: readonly V[], work: (value: V) => Promise<void>): Promise<void> {
  const waiting = [...values];
  const workers = Array.from({ length: PARALLEL }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  });
  await Promise.all(workers);
}
