import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportDeclarative } from '../../../shared/config/declarative/export.ts';
import { declarativeFromObject } from '../../../shared/config/declarative/read.ts';
import { Bench, plugins, refusal, START } from './fixture.ts';

const SECONDS = Math.floor(START / 1000);
const KEYS = 'keyauth_credentials';

function bench(): Bench {
  const result = new Bench();
  result.insert('consumers', { username: 'c' });
  return result;
}

const credential = (more: object) => ({ consumer: { username: 'c' }, ...more });

describe('a credential with a ttl', () => {
  it('shows the seconds that are left, and is not found when it is over', () => {
    const b = bench();
    const { id, ttl } = b.insert(KEYS, credential({ key: 'k', ttl: 10 }));
    assert.equal(ttl, 10);
    b.now += 9_000;
    assert.equal(b.model.byId(KEYS, id)?.['ttl'], 1);
    assert.equal(b.model.page(KEYS, { size: 5 }).data[0]?.['ttl'], 1);
    b.now += 1_000;
    const consumer = b.model.find('consumers', 'c')?.id as string;
    assert.equal(b.model.byId(KEYS, id), undefined);
    assert.equal(b.model.find(KEYS, 'k'), undefined);
    assert.equal(b.model.findChild(KEYS, 'consumer', consumer, 'k'), undefined);
    assert.deepEqual(b.model.page(KEYS, { size: 5 }).data, []);
    assert.deepEqual(b.model.children(KEYS, 'consumer', consumer, { size: 5 }).data, []);
    assert.deepEqual([b.model.count(KEYS), b.model.all(KEYS).length, b.model.size()], [0, 0, 2]);
    assert.equal(refusal(() => b.draft().update(KEYS, id, {})).code, 6);
    assert.equal(b.draft().remove(KEYS, id), false);
  });

  it('makes room for another one with its key, or its id', () => {
    const b = bench();
    const { id } = b.insert(KEYS, credential({ key: 'k', ttl: 10 }));
    assert.equal(refusal(() => b.insert(KEYS, credential({ key: 'k' }))).code, 5);
    b.now += 10_000;
    assert.notEqual(b.draft().insert(KEYS, credential({ key: 'k' })).id, id);
    assert.equal(b.draft().insert(KEYS, credential({ key: 'other', id })).id, id);
    const after = b.write((draft) => draft.upsert(KEYS, 'k', credential({})));
    assert.deepEqual([after['key'], after['ttl']], ['k', null]);
    assert.equal(b.model.size(), 2);
  });

  it('is deleted by what `expired` gives', () => {
    const b = bench();
    const { id } = b.insert(KEYS, credential({ ttl: 10 }));
    b.insert(KEYS, credential({ ttl: 20 }));
    b.insert(KEYS, credential({}));
    assert.deepEqual(b.model.expired(b.now + 9_000), []);
    const change = b.model.expired(b.now + 10_000);
    assert.deepEqual(
      change.map((one) => [one.collection, one.id, one.after]),
      [[KEYS, id, null]],
    );
    b.model.apply(change);
    assert.equal(b.model.size(), 3);
  });

  it('counts from the write, even of an old credential, and can be read from an export', () => {
    const b = bench();
    const { id } = b.insert(KEYS, credential({ key: 'k', created_at: 1000 }));
    assert.equal(b.write((draft) => draft.update(KEYS, id, { ttl: 10 }))['ttl'], 10);
    assert.equal(b.model.stored(KEYS, id)?.['ttl'], SECONDS - 1000 + 10);
    b.now += 5000;
    const kept = b.write((draft) => draft.update(KEYS, id, { tags: ['a'] }));
    assert.deepEqual([kept['ttl'], kept['created_at']], [5, 1000]);
    const document = exportDeclarative(b.model.configuration(''));
    const read = declarativeFromObject(document, { plugins, now: b.now });
    assert.ok(read.ok);
    assert.deepEqual(read.configuration.pluginEntities[KEYS], b.model.configuration('').pluginEntities[KEYS]);
    assert.equal(b.write((draft) => draft.update(KEYS, id, { ttl: null }))['ttl'], null);
    assert.equal(b.model.stored(KEYS, id)?.['ttl'], null);
  });

  it('of 0 never ends', () => {
    const b = bench();
    const { id } = b.insert(KEYS, credential({ ttl: 0 }));
    b.now += 1e12;
    assert.equal(b.model.byId(KEYS, id)?.['ttl'], null);
  });

  it('that cannot be one is code 11', () => {
    const b = bench();
    for (const ttl of [-1, 1.5, 100_000_001, '5', {}, true]) {
      assert.deepEqual(
        refusal(() => b.draft().insert(KEYS, credential({ ttl }))),
        {
          status: 400,
          code: 11,
          name: 'invalid options',
          message: 'invalid option (ttl: must be an integer between 0 and 100000000)',
          options: { ttl: 'must be an integer between 0 and 100000000' },
        },
      );
    }
    assert.deepEqual(refusal(() => b.draft().insert('acls', credential({ group: 'g', ttl: 1 }))).fields, {
      ttl: 'unknown field',
    });
  });
});
