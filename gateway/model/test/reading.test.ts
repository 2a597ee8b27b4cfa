import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredEntity } from '../../../shared/config/change.ts';
import { withDefaults } from '../../../shared/config/entities/defaults.ts';
import { services } from '../../../shared/config/entities/services.ts';
import { Random } from '../../../shared/test/random.ts';
import { Model } from '../model.ts';
import { Bench, index, plugins, refusal } from './fixture.ts';

const ids = (page: { readonly data: readonly StoredEntity[] }) => page.data.map(({ id }) => id);

describe('a page', () => {
  it('goes on after an id, whether that is still there or not', () => {
    const bench = new Bench();
    const all = ['a', 'b', 'c', 'd', 'e']
      .map((name) => bench.insert('services', { name, host: 'h' }).id)
      .sort();
    const first = bench.model.page('services', { size: 2 });
    assert.deepEqual([ids(first), first.after], [all.slice(0, 2), all[1]]);
    bench.write((draft) => draft.remove('services', all[1] as string));
    const second = bench.model.page('services', { size: 2, after: all[1] as string });
    assert.deepEqual([ids(second), second.after], [all.slice(2, 4), all[3]]);
    const last = bench.model.page('services', { size: 2, after: all[3] as string });
    assert.deepEqual([ids(last), last.after], [all.slice(4), undefined]);
    assert.deepEqual(ids(bench.model.page('services', { size: 2, after: 'f'.repeat(36) })), []);
  });

  it('filters by tags and is full all the same', () => {
    const bench = new Bench();
    const insert = (tags: string[] | null) => bench.insert('services', { host: 'h', tags }).id;
    const [a, b, both] = [insert(['a']), insert(['b']), insert(['b', 'a'])] as const;
    insert(null);
    const page = (tags: NonNullable<Parameters<Model['page']>[1]['tags']>) =>
      ids(bench.model.page('services', { size: 3, tags }));
    assert.deepEqual(page({ all: ['a', 'b'] }), [both]);
    assert.deepEqual(page({ any: ['a', 'b'] }), [a, b, both].sort());
    assert.equal(bench.model.page('services', { size: 3, tags: { any: ['a', 'b'] } }).after, undefined);
  });

  it('of the targets of an upstream begins with the newest', () => {
    const bench = new Bench();
    bench.insert('upstreams', { name: 'u' });
    const upstream = bench.model.find('upstreams', 'u')?.id as string;
    const made = ['a', 'b', 'c'].map((target) => {
      bench.now += 1;
      return bench.insert('targets', { target, upstream: { id: upstream } }).id;
    });
    const first = bench.model.children('targets', 'upstream', upstream, { size: 2 });
    assert.deepEqual([ids(first), first.after], [[made[2], made[1]], made[1]]);
    assert.deepEqual(
      ids(bench.model.children('targets', 'upstream', upstream, { size: 2, after: made[1] as string })),
      [made[0]],
    );
    assert.deepEqual(ids(bench.model.children('targets', 'upstream', 'none', { size: 2 })), []);
  });
});

describe('a child', () => {
  it('is found by what is unique below its parent, in the form in which that is stored', () => {
    const bench = new Bench();
    const [u, v] = ['u', 'v'].map((name) => bench.insert('upstreams', { name }).id) as [string, string];
    const target = bench.insert('targets', { target: 't.example', upstream: { id: u } });
    const find = (parent: string, key: string) => bench.model.findChild('targets', 'upstream', parent, key);
    assert.deepEqual(find(u, 't.example'), target);
    assert.deepEqual(find(u, 't.example:8000'), target);
    assert.deepEqual(find(u, target.id), target);
    assert.equal(find(v, 't.example'), undefined);
    assert.equal(find(v, target.id), undefined);
    assert.equal(refusal(() => find(u, 'not one!')).code, 10);
  });

  it('is found by its endpoint key, if it is of this parent', () => {
    const bench = new Bench();
    const [c, d] = ['c', 'd'].map((username) => bench.insert('consumers', { username }).id) as [
      string,
      string,
    ];
    const acl = bench.insert('acls', { group: 'g', consumer: { id: c } });
    const key = bench.insert('keyauth_credentials', { key: 'k', consumer: { id: c } });
    assert.deepEqual(bench.model.findChild('acls', 'consumer', c, 'g'), acl);
    assert.equal(bench.model.findChild('acls', 'consumer', d, 'g'), undefined);
    assert.deepEqual(bench.model.findChild('keyauth_credentials', 'consumer', c, 'k'), key);
    assert.equal(bench.model.findChild('keyauth_credentials', 'consumer', d, 'k'), undefined);
    bench.insert('key_sets', { name: 's' });
    const set = bench.model.find('key_sets', 's')?.id as string;
    const body = { kid: 'kid', name: 'n', jwk: '{"kty":"oct","k":"aaaa","kid":"kid"}', set: { id: set } };
    const inSet = bench.insert('keys', body);
    assert.deepEqual(bench.model.findChild('keys', 'set', set, 'n'), inSet);
  });
});

describe('the whole', () => {
  it('keeps the lists that did not change', () => {
    const bench = new Bench();
    bench.insert('services', { name: 's', host: 'h' });
    bench.insert('consumers', { username: 'c' });
    const before = bench.model.configuration('a');
    const draft = bench.draft();
    draft.insert('consumers', { username: 'd' });
    const drafted = draft.configuration('b');
    assert.equal(drafted.services, before.services);
    assert.equal(drafted.consumers.length, 2);
    assert.equal(bench.model.configuration('a').consumers, before.consumers);
    const hash = draft.hash();
    bench.model.apply(draft.change);
    assert.equal(bench.model.configuration('b').services, before.services);
    assert.equal(bench.model.hash(), hash);
  });

  it('is no longer what an older draft lies over', () => {
    const bench = new Bench();
    const draft = bench.draft();
    bench.insert('services', { name: 's', host: 'h' });
    assert.throws(() => draft.find('services', 's'), /changed since the draft was made/);
    assert.throws(() => draft.insert('consumers', { username: 'c' }), /changed since/);
  });

  it('of many entities is not read for one write', () => {
    const random = new Random(7);
    let reads = 0;
    const list = Array.from({ length: 10_000 }, (_, i) => {
      const fields = { id: random.uuid(), host: 'h', created_at: 1, updated_at: 1 };
      const service = withDefaults<StoredEntity>(services, fields);
      return Object.defineProperty({ ...service }, 'name', {
        enumerable: true,
        get() {
          reads++;
          return `s${i}`;
        },
      });
    });
    const model = Model.from(index, plugins, new Map([['services', list]]));
    const draft = model.draft({ now: () => 5000, uuid: () => random.uuid() });
    reads = 0;
    draft.update('services', 's5000', { retries: 1 });
    draft.insert('services', { host: 'h' });
    assert.equal(refusal(() => draft.insert('services', { name: 's1', host: 'h' })).code, 5);
    draft.page('services', { size: 10, after: list[0]?.id as string });
    assert.equal(draft.change.length, 2);
    model.apply(draft.change);
    assert.ok(reads < 20, `read ${reads} names`);
  });
});

describe('entities put exactly so', () => {
  const S = '11111111-1111-4111-8111-111111111111';
  const R = '22222222-2222-4222-8222-222222222222';

  it('may come in any order, and take over the names of those that go', () => {
    const bench = new Bench();
    const old = bench.insert('services', { name: 's', host: 'h' });
    const service = { ...(bench.model.stored('services', old.id) as StoredEntity), id: S };
    bench.insert('routes', { name: 'r', paths: ['/'] });
    const route = bench.model.find('routes', 'r') as StoredEntity;
    const draft = bench.draft();
    draft.replace([
      { collection: 'routes', id: R, before: null, after: { ...route, id: R, service: { id: S } } },
      { collection: 'routes', id: route.id, before: route, after: null },
      { collection: 'services', id: S, before: null, after: service },
      { collection: 'services', id: old.id, before: old, after: null },
    ]);
    assert.equal(draft.byId('services', S), service);
    assert.deepEqual(draft.find('routes', 'r')?.['service'], { id: S });
  });

  it('must fit together', () => {
    const bench = new Bench();
    const service = bench.insert('services', { name: 's', host: 'h' });
    const route = bench.insert('routes', { name: 'r', paths: ['/'], service: { id: service.id } });
    const draft = bench.draft();
    const put = (collection: string, id: string, after: StoredEntity | null) =>
      refusal(() => draft.replace([{ collection, id, before: null, after }])).code;
    assert.equal(put('services', service.id, null), 4);
    assert.equal(put('routes', R, { ...route, id: R }), 5);
    assert.equal(put('routes', R, { ...route, id: R, name: 'n', service: { id: R } }), 4);
    assert.equal(put('routes', R, route), 2);
    assert.equal(put('routes', 'x', { ...route, id: 'x' }), 2);
    assert.equal(put('gone_credentials', R, { id: R }), 2);
    assert.deepEqual(draft.change, []);
  });
});
