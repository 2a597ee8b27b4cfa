/** A set of entities that is built up by changes is the one that is sent whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityDigest, generationDigest } from '../../config/generation-hash.ts';
import { Random } from '../../test/random.ts';
import { EntitySet } from '../entity-set.ts';

const COLLECTIONS = ['services', 'routes', 'keyauth_credentials'];

test('digest and bytes follow every change', () => {
  const random = new Random(3);
  let set = new EntitySet();
  const model = new Map<string, object>();
  for (let step = 0; step < 500; step++) {
    const collection = random.pick(COLLECTIONS);
    const id = `id-${random.below(20)}`;
    if (random.chance(0.3)) {
      set.apply({ puts: [], deletes: [{ collection, ids: [id] }] });
      model.delete(`${collection} ${id}`);
    } else {
      const entity = { id, value: random.below(1000), text: 'ü'.repeat(random.below(5)) };
      set.apply({ puts: [{ collection, entities: [entity] }], deletes: [] });
      model.set(`${collection} ${id}`, entity);
    }
    if (random.chance(0.1)) set = new EntitySet(set);
  }
  const digests = new Map([...model].map(([key, entity]) => [key, entityDigest(entity)]));
  assert.equal(set.digest(), generationDigest(digests));
  assert.equal(set.size, model.size);
  // `id`, `text`, `value` are in sorted order already.
  const bytes = [...model.values()].map((entity) =>
    Buffer.byteLength(JSON.stringify(Object.fromEntries(Object.entries(entity).sort()))),
  );
  assert.equal(
    set.bytes,
    bytes.reduce((sum, one) => sum + one, 0),
  );
});

test('a copy does not change with the set it was made of', () => {
  const first = new EntitySet();
  first.put('services', { id: 'a' });
  const second = new EntitySet(first);
  second.put('services', { id: 'b' });
  second.delete('services', 'a');
  assert.equal(first.size, 1);
  assert.notEqual(first.digest(), second.digest());
});

test('it becomes a configuration: own collections of plugins apart, the others there even when empty', () => {
  const set = new EntitySet();
  set.put('services', { id: 'a' });
  set.put('keyauth_credentials', { id: 'k', key: 'x' });
  set.put('__proto__', { id: 'p' });
  const configuration = set.configuration('f'.repeat(32));
  assert.deepEqual(configuration.services, [{ id: 'a' }]);
  assert.deepEqual(configuration.routes, []);
  assert.deepEqual(Object.keys(configuration.pluginEntities).sort(), ['__proto__', 'keyauth_credentials']);
  assert.equal(configuration.hash, 'f'.repeat(32));
  assert.equal(({} as Record<string, unknown>)['p'], undefined);
});
