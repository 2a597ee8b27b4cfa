import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { exportDeclarative } from '../../../shared/config/declarative/export.ts';
import { declarativeFromObject } from '../../../shared/config/declarative/read.ts';
import { CA_CERTIFICATE, RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { entityDigest, generationDigest } from '../../../shared/config/generation-hash.ts';
import type { Random } from '../../../shared/test/random.ts';
import { ModelError } from '../contract.ts';
import type { Draft } from '../draft.ts';
import { Model } from '../model.ts';
import type { View } from '../view.ts';
import { Bench, index, plugins } from './fixture.ts';

const NAMES = ['a', 'b', 'c.example'];
const IDS = Array.from({ length: 6 }, (_, i) => `0000000${i.toString(16)}-0000-4000-8000-000000000000`);

/** A small universe, in which most things exist or collide sooner or later. Some of what it makes is wrong. */
class Universe {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  maybe<T>(value: T, probability = 0.5): T | undefined {
    return this.#random.chance(probability) ? value : undefined;
  }

  name(): string {
    return this.#random.pick(NAMES);
  }

  id(): string {
    return this.#random.pick(IDS);
  }

  reference(by: string | undefined): unknown {
    return by !== undefined && this.#random.chance(0.5) ? { [by]: this.name() } : { id: this.id() };
  }

  collection(): string {
    return this.#random.pick([
      ...index.keys(),
      'consumers',
      'services',
      'plugins',
      'keyauth_credentials',
      'acls',
    ]);
  }

  body(collection: string): Record<string, unknown> {
    const { pick } = { pick: <T>(...values: T[]) => this.#random.pick(values) };
    const body: Record<string, unknown> = {
      id: this.maybe(this.id(), 0.6),
      created_at: this.maybe(pick<unknown>(1_700_000_000, null, 'x'), 0.1),
      tags: this.maybe(['x'], 0.2),
      nonsense: this.maybe(1, 0.02),
    };
    const fields = bodies[collection]?.(this, pick) ?? {};
    for (const [name, value] of Object.entries(fields)) body[name] = value;
    for (const name of Object.keys(body)) {
      if (body[name] === undefined || this.#random.chance(0.05)) delete body[name];
    }
    return body;
  }
}

type Pick = <T>(...values: T[]) => T;
const bodies: Record<string, (u: Universe, pick: Pick) => Record<string, unknown>> = {
  services: (u, pick) => ({
    name: u.maybe(u.name()),
    host: pick('h.example', 'i.example'),
    protocol: u.maybe('https'),
    client_certificate: u.maybe(u.reference(undefined), 0.2),
    ca_certificates: u.maybe([u.id()], 0.2),
  }),
  routes: (u, pick) => ({
    name: u.maybe(u.name()),
    paths: ['/a'],
    protocols: u.maybe(pick(['http'], ['grpc'], ['http', 'https']), 0.3),
    service: u.maybe(u.reference('name')),
  }),
  consumers: (u) => ({ username: u.maybe(u.name()), custom_id: u.maybe(u.name()) }),
  upstreams: (u, pick) => ({
    name: u.name(),
    hash_on: u.maybe(pick('ip', 'none', 'consumer')),
    client_certificate: u.maybe(u.reference(undefined), 0.2),
  }),
  targets: (u, pick) => ({
    target: pick('t.example', 't.example:8000', '[::1]:80'),
    upstream: u.reference('name'),
  }),
  certificates: (u) => ({ cert: RSA_CERTIFICATE, key: RSA_KEY, snis: u.maybe([u.name(), u.name()]) }),
  ca_certificates: () => ({ cert: CA_CERTIFICATE }),
  snis: (u) => ({ name: u.name(), certificate: u.reference(undefined) }),
  key_sets: (u) => ({ name: u.maybe(u.name()) }),
  keys: (u) => ({
    name: u.maybe(u.name()),
    kid: 'k',
    jwk: JSON.stringify({ kty: 'oct', k: 'aaaa', kid: 'k' }),
    set: u.maybe(u.reference('name')),
  }),
  vaults: (u, pick) => ({ prefix: pick('va', 'vb'), name: 'env', config: u.maybe({ prefix: 'P_' }) }),
  plugins: (u, pick) => ({
    instance_name: u.maybe(u.name(), 0.2),
    protocols: u.maybe(pick(['http'], ['grpc']), 0.2),
    route: u.maybe(u.reference('name'), 0.4),
    service: u.maybe(u.reference('name'), 0.4),
    ...pick<Record<string, unknown>>(
      { name: 'cors', config: u.maybe({ max_age: 1 }) },
      { name: 'rate-limiting', config: { minute: 1 }, consumer: u.maybe(u.reference('username')) },
    ),
  }),
  keyauth_credentials: (u) => ({
    key: u.maybe(u.name()),
    consumer: u.reference('username'),
    ttl: u.maybe(10, 0.4),
  }),
  basicauth_credentials: (u) => ({ username: u.name(), password: 'p', consumer: u.reference('username') }),
  acls: (u) => ({ group: u.name(), consumer: u.reference('username') }),
};

function operate(draft: Draft, u: Universe, random: Random): void {
  const collection = u.collection();
  const key = random.chance(0.6) ? u.id() : u.name();
  const kind = random.below(10);
  if (kind < 4) draft.insert(collection, u.body(collection));
  else if (kind < 6) draft.upsert(collection, key, u.body(collection));
  else if (kind < 8) {
    const body = u.body(collection);
    for (const name of Object.keys(body)) if (random.chance(0.5)) delete body[name];
    draft.update(collection, key, body);
  } else draft.remove(collection, key);
}

function state(view: View): Map<string, readonly StoredEntity[]> {
  const configuration = view.configuration('') as unknown as Record<string, readonly StoredEntity[]>;
  const own = configuration['pluginEntities'] as unknown as Record<string, readonly StoredEntity[]>;
  return new Map([...index.keys()].map((c) => [c, configuration[c] ?? own[c] ?? []]));
}

function checkInvariants(view: View): void {
  const entities = state(view);
  const digests = new Map<string, string>();
  for (const [collection, list] of entities) {
    const { foreignKeys, uniqueFields, cacheKey } = view.definition(collection);
    const seen = new Set<string>();
    const once = (value: string) => {
      assert.ok(!seen.has(value), `${collection}: ${value} stands twice`);
      seen.add(value);
    };
    assert.deepEqual(
      list.map(({ id }) => id),
      list.map(({ id }) => id).sort(),
    );
    for (const entity of list) {
      once(entity.id);
      digests.set(`${collection} ${entity.id}`, entityDigest(entity));
      for (const { field, reference } of foreignKeys) {
        const id = (entity[field] as { id: string } | null)?.id;
        if (id !== undefined)
          assert.ok(
            entities.get(reference)?.some((other) => other.id === id),
            `${collection}.${field} dangles`,
          );
      }
      for (const field of uniqueFields) if (entity[field] !== null) once(`${field} ${String(entity[field])}`);
      if (cacheKey !== undefined) once(JSON.stringify(cacheKey.map((field) => entity[field] ?? null)));
    }
  }
  assert.equal(view.digest(), generationDigest(digests));
}

/** What is said to be taken is taken. */
function checkTaken(view: View, error: ModelError): void {
  const fields = Object.entries(error.body.fields as Record<string, unknown>);
  const taken = [...state(view).values()].some((list) =>
    list.some((entity) => fields.every(([name, value]) => isDeepStrictEqual(entity[name] ?? null, value))),
  );
  assert.ok(taken, error.message);
}

/** Everything that can be asked, of all keys of the universe. */
function answers(view: View): unknown {
  const all: unknown[] = [];
  for (const collection of index.keys()) {
    all.push(view.all(collection), view.count(collection));
    let after: string | undefined;
    const paged: string[] = [];
    do {
      const page = view.page(collection, after === undefined ? { size: 2 } : { size: 2, after });
      all.push(page);
      for (const { id } of page.data) paged.push(id);
      after = page.after;
    } while (after !== undefined);
    assert.deepEqual(
      paged,
      view.all(collection).map(({ id }) => id),
    );
    for (const key of [...IDS, ...NAMES]) {
      try {
        all.push(view.find(collection, key));
      } catch (error) {
        assert.ok(error instanceof ModelError);
      }
      for (const { field } of view.definition(collection).foreignKeys)
        all.push(view.children(collection, field, key, { size: 50 }));
    }
  }
  return all;
}

describe('property: whatever is done in whatever order', () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`the model stays true (seed ${seed})`, () => {
      const bench = new Bench(seed);
      const { random } = bench;
      const u = new Universe(random);
      let done = 0;
      for (let round = 0; round < 80; round++) {
        bench.now += random.below(6000);
        const draft = bench.draft();
        const before = state(bench.model);
        const answered = answers(bench.model);
        for (let i = random.below(6); i >= 0; i--) {
          const then = state(draft);
          try {
            draft.attempt(() => {
              operate(draft, u, random);
              done++;
              if (random.chance(0.1)) throw new ModelError(400, { code: 0, name: 'given up', message: '' });
            });
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
            assert.deepEqual(state(draft), then, 'a refusal changed something');
            if (error.body.code === 5) checkTaken(draft, error);
          }
        }
        checkInvariants(draft);
        assert.deepEqual(answers(bench.model), answered, 'the draft changed the model');
        const expected = answers(draft);
        const { change } = draft;
        assert.equal(new Set(change.map(({ collection, id }) => `${collection} ${id}`)).size, change.length);
        for (const { before: old, after } of change) assert.notDeepEqual(old, after);
        const wanted = state(draft);
        bench.model.apply(change);
        assert.deepEqual(state(bench.model), wanted);
        assert.deepEqual(answers(bench.model), expected);
        checkInvariants(bench.model);
        if (round % 10 !== 9) continue;
        const fresh = Model.from(index, plugins, state(bench.model), { now: () => bench.now });
        assert.deepEqual(answers(fresh), expected);
        readsBack(bench);
        undoes(bench, before, change);
      }
      assert.ok(done > 60, `only ${done} operations went through`);
      bench.model.apply(bench.model.expired(bench.now + 1e9));
      assert.equal(bench.model.all('keyauth_credentials').filter(({ ttl }) => ttl !== null).length, 0);
      checkInvariants(bench.model);
    });
  }
});

/** The export is a document that says the same. */
function readsBack(bench: Bench): void {
  const configuration = bench.model.configuration(bench.model.hash());
  const result = declarativeFromObject(JSON.parse(JSON.stringify(exportDeclarative(configuration))), {
    plugins,
    now: bench.now,
  });
  assert.ok(result.ok, JSON.stringify(result.ok ? '' : result.findings));
  assert.deepEqual(
    JSON.parse(JSON.stringify({ ...result.configuration, hash: '' })),
    JSON.parse(JSON.stringify({ ...configuration, hash: '' })),
  );
}

/** The change turned round leads back. */
function undoes(bench: Bench, before: unknown, change: Draft['change']): void {
  const draft = bench.draft();
  draft.replace(change.map((one) => ({ ...one, before: one.after, after: one.before })));
  assert.deepEqual(state(draft), before);
  draft.replace(change);
  assert.deepEqual(draft.change, []);
}
