import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChange } from './change.ts';
import { difference } from './difference.ts';
import { EMPTY_CONFIGURATION } from './empty.ts';
import type { Configuration, PluginEntity, Service } from './entities.ts';

const service = (id: string, host: string) => ({ id, host }) as Service;
const key = (id: string) => ({ id, created_at: 1, key: id }) as PluginEntity;

function configuration(
  services: readonly Service[],
  keys: readonly PluginEntity[],
  hash: string,
): Configuration {
  return { ...EMPTY_CONFIGURATION, services, pluginEntities: { keyauth_credentials: keys }, hash };
}

test('what is new, different or gone is a difference, and applying it gives the other configuration', () => {
  const [kept, changed, gone] = [service('a', 'a'), service('b', 'b'), service('c', 'c')];
  const before = configuration([kept, changed, gone], [key('k1')], '1');
  const after = configuration([kept, service('b', 'B'), service('d', 'd')], [key('k2')], '2');
  const updates = difference(before, after, 10);
  assert.deepEqual(
    updates?.map(({ collection, id, after: now }) => [collection, id, now !== null]),
    [
      ['services', 'b', true],
      ['services', 'd', true],
      ['services', 'c', false],
      ['keyauth_credentials', 'k2', true],
      ['keyauth_credentials', 'k1', false],
    ],
  );
  assert.deepEqual(structuredClone(applyChange(before, updates ?? [], '2')), after);
});

test('entities that are the same object cost nothing', () => {
  const before = configuration([service('a', 'a')], [], '1');
  assert.deepEqual(difference(before, { ...before, services: [...before.services], hash: '2' }, 0), []);
});

test('a difference beyond the limit is none', () => {
  const before = configuration([], [], '1');
  const after = configuration([service('a', 'a'), service('b', 'b')], [], '2');
  assert.equal(difference(before, after, 1), undefined);
  assert.equal(difference(before, after, 2)?.length, 2);
});

test('applying a change leaves what it was applied to alone, and keeps the order of what stays', () => {
  const before = configuration([service('a', 'a'), service('b', 'b')], [], '1');
  const copy = structuredClone(before);
  const after = applyChange(
    before,
    [{ collection: 'services', id: 'a', after: { ...service('a', 'A') } }],
    '2',
  );
  assert.deepEqual(before, copy);
  assert.deepEqual(
    after.services.map((one) => one.host),
    ['A', 'b'],
  );
  assert.equal(after.services[1], before.services[1]);
  assert.equal(after.hash, '2');
});
