/** What every store promises of documents. */
import assert from 'node:assert/strict';
import { StoreConflict } from '../contract.ts';
import type { Check } from './check.ts';

export function documentChecks(check: Check): void {
  check('documents have versions', async (store) => {
    assert.deepEqual(await store.putDocument('token', 'b', { scope: ['read'] }), {
      kind: 'token',
      key: 'b',
      value: { scope: ['read'] },
      version: 1,
    });
    assert.equal((await store.putDocument('token', 'b', 2)).version, 2);
    assert.equal((await store.putDocument('token', 'a', null, { expected: 0 })).version, 1);
    assert.equal((await store.putDocument('node', 'a', 'other kind')).version, 1);
    assert.deepEqual(await store.document('token', 'b'), { kind: 'token', key: 'b', value: 2, version: 2 });
    assert.deepEqual(await store.documents('token'), [
      { kind: 'token', key: 'a', value: null, version: 1 },
      { kind: 'token', key: 'b', value: 2, version: 2 },
    ]);

    await assert.rejects(store.putDocument('token', 'b', 'x', { expected: 0 }), StoreConflict);
    await assert.rejects(store.putDocument('token', 'b', 'x', { expected: 1 }), StoreConflict);
    await assert.rejects(store.putDocument('token', 'c', 'x', { expected: 1 }), StoreConflict);
    assert.equal((await store.putDocument('token', 'b', 3, { expected: 2 })).version, 3);
    assert.equal((await store.document('token', 'b'))?.value, 3);
    await assert.rejects(store.putDocument('token', 'b', undefined), TypeError);

    assert.equal(await store.deleteDocument('token', 'b'), true);
    assert.equal(await store.deleteDocument('token', 'b'), false);
    assert.equal(await store.document('token', 'b'), undefined);
    assert.equal((await store.putDocument('token', 'b', 1, { expected: 0 })).version, 1);
    assert.equal((await store.load()).generation, 0, 'documents are beside the configuration');
  });

  check('of several writers who expect the same version one succeeds', async (store, under) => {
    const other = await under.open();
    await store.putDocument('ca', 'key', 0);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? store : other).putDocument('ca', 'key', index, { expected: 1 }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await other.document('ca', 'key'))?.version, 2);
  });

  check('documents end when their time is over', async (store, under) => {
    await store.putDocument('node', 'short', 1, { ttlSeconds: 0.04 });
    await store.putDocument('node', 'long', 1, { ttlSeconds: 1000 });
    await store.putDocument('node', 'made-long', 1, { ttlSeconds: 0.04 });
    await store.putDocument('node', 'made-long', 2);
    await under.elapse(60);
    assert.equal(await store.document('node', 'short'), undefined);
    assert.deepEqual(
      (await store.documents('node')).map(({ key }) => key),
      ['long', 'made-long'],
    );
    assert.equal(await store.deleteDocument('node', 'short'), false);
    assert.equal((await store.putDocument('node', 'short', 2, { expected: 0 })).version, 1);
    await under.elapse(60);
    assert.deepEqual(
      (await store.documents('node')).map(({ key, version }) => `${key} ${version}`),
      ['long 1', 'made-long 2', 'short 1'],
    );
  });
}
