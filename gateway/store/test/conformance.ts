/**
 * What every store promises, as tests. A store's own test file says how it is opened and runs all of these; what is
 * special about it (files, locks, networks) it tests itself.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { until } from '../../../test/harness/redis-server.ts';
import { HISTORY_LENGTH, type Store, StoreConflict, StoreUnavailable } from '../contract.ts';
import { commitOf, entity, increment } from './commits.ts';

export interface StoreUnderTest {
  /** Opens the store; each call is another process as far as the store knows, unless there can be only one. */
  open(): Promise<Store>;
  /** Makes documents older. At most 100 ms are asked for. */
  elapse(ms: number): Promise<void>;
}

export interface Promises {
  /** Several processes can have it open, and it is there again when it was closed. */
  readonly shared: boolean;
  /** Why it cannot be tested here. */
  readonly skip: string | false;
}

export function testStore(
  name: string,
  prepare: (t: TestContext) => Promise<StoreUnderTest>,
  { shared, skip }: Promises,
): void {
  const check = (
    what: string,
    run: (store: Store, under: StoreUnderTest, t: TestContext) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, { skip }, async (t) => {
      const under = await prepare(t);
      await run(await under.open(), under, t);
    });
  };

  check('a new one is at generation 0 and holds nothing', async (store) => {
    assert.deepEqual(await store.load(), { generation: 0, entities: new Map() });
    assert.deepEqual(await store.history(), []);
    assert.deepEqual(await store.commitsAfter(0), []);
    assert.equal(await store.document('token', 'a'), undefined);
    assert.deepEqual(await store.documents('token'), []);
    await store.ping();
  });

  check('commits put, replace and delete entities', async (store) => {
    await store.commit(
      commitOf(1, [
        { id: 'b', value: 1 },
        { id: 'a', value: { deep: [1, 'ü', null, true] } },
        { collection: 'routes', id: 'a', value: 'r' },
      ]),
    );
    assert.deepEqual(await store.load(), {
      generation: 1,
      entities: new Map([
        [
          'services',
          [
            { id: 'a', value: { deep: [1, 'ü', null, true] } },
            { id: 'b', value: 1 },
          ],
        ],
        ['routes', [{ id: 'a', value: 'r' }]],
      ]),
    });
    await store.commit(
      commitOf(2, [
        { id: 'b', value: 2 },
        { id: 'a', value: null },
        { collection: 'routes', id: 'a', value: null },
        { id: 'never-there', value: null },
      ]),
    );
    assert.deepEqual(await store.load(), {
      generation: 2,
      entities: new Map([['services', [{ id: 'b', value: 2 }]]]),
    });
  });

  check('entities come sorted by id, whatever the order in which they came', async (store) => {
    const ids = ['ü', 'b', 'Z', '10', '9', 'a b', '𝒜'];
    await store.commit(
      commitOf(
        1,
        ids.map((id) => ({ id, value: id })),
      ),
    );
    const { entities } = await store.load();
    assert.deepEqual(
      entities.get('services')?.map(({ id }) => id),
      [...ids].sort(),
    );
  });

  check('names are data: blanks, quotes, line ends, __proto__', async (store) => {
    const ids = [
      '__proto__',
      'constructor',
      "'; DROP TABLE entities; --",
      'a b  c',
      'line\nend',
      '\u0001',
      '%s',
      '{x}',
    ];
    await store.commit(
      commitOf(
        1,
        ids.map((id) => ({ collection: '__proto__', id, value: id })),
      ),
    );
    const { entities } = await store.load();
    assert.deepEqual(
      entities.get('__proto__')?.map(({ value }) => value),
      [...ids].sort(),
    );
    for (const id of ids) await store.putDocument(`kind ${id}`, id, { id });
    for (const id of ids) {
      assert.deepEqual(await store.documents(`kind ${id}`), [
        { kind: `kind ${id}`, key: id, value: { id }, version: 1 },
      ]);
    }
  });

  check('a commit on another generation is a conflict and changes nothing', async (store) => {
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    for (const generation of [1, 3, 100]) {
      await assert.rejects(store.commit(commitOf(generation, [{ id: 'a', value: 'wrong' }])), StoreConflict);
    }
    assert.deepEqual(await store.load(), {
      generation: 1,
      entities: new Map([['services', [{ id: 'a', value: 1 }]]]),
    });
    assert.equal((await store.history()).length, 1);
    const same = commitOf(2, [{ id: 'a', value: 2 }]);
    await store.commit(same);
    await assert.rejects(store.commit(same), StoreConflict);
  });

  check('what cannot be a commit is refused before anything is written', async (store) => {
    const good = commitOf(1, [{ id: 'a', value: 1 }]);
    const wrong = [
      { ...good, generation: 0 },
      { ...good, generation: 1.5 },
      { ...good, change: [{ collection: 'services', id: 'a', before: null, after: { id: 'b' } }] },
      { ...good, change: [{ collection: 'ser vices', id: 'a', before: null, after: { id: 'a' } }] },
      { ...good, change: [{ collection: '', id: 'a', before: null, after: { id: 'a' } }] },
      { ...good, change: [{ collection: 'services', id: 'a', before: null, after: { id: 'a', big: 1n } }] },
    ];
    for (const commit of wrong) await assert.rejects(store.commit(commit), TypeError);
    assert.deepEqual(await store.load(), { generation: 0, entities: new Map() });
    await store.commit(good);
  });

  check('the history keeps the last commits, newest first', async (store) => {
    const all = Array.from({ length: HISTORY_LENGTH + 5 }, (_, index) =>
      commitOf(index + 1, [{ id: 'a', value: index }]),
    );
    for (const commit of all.slice(0, 3)) await store.commit(commit);
    assert.deepEqual(await store.history(), all.slice(0, 3).reverse());
    for (const commit of all.slice(3)) await store.commit(commit);
    assert.deepEqual(await store.history(), all.slice(-HISTORY_LENGTH).reverse());

    const newest = all.length;
    assert.deepEqual(await store.commitsAfter(newest), []);
    assert.deepEqual(await store.commitsAfter(newest - 2), all.slice(-2));
    assert.deepEqual(await store.commitsAfter(newest - HISTORY_LENGTH), all.slice(-HISTORY_LENGTH));
    assert.equal(await store.commitsAfter(newest - HISTORY_LENGTH - 1), undefined);
    assert.equal(await store.commitsAfter(0), undefined);
    assert.equal(await store.commitsAfter(newest + 1), undefined, 'a generation that was never made');
  });

  check('what callers do to what they gave or got changes nothing', async (store) => {
    const value = { list: [1] };
    const commit = commitOf(1, [{ id: 'a', value }]);
    await store.commit(commit);
    await store.putDocument('token', 'a', value);
    value.list.push(2);
    const loaded = await store.load();
    const [first] = loaded.entities.get('services') as unknown as [{ value: { list: number[] } }];
    first.value.list.push(3);
    ((await store.document('token', 'a')) as { value: { list: number[] } }).value.list.push(4);
    ((await store.history())[0] as unknown as { change: unknown[] }).change.length = 0;

    assert.deepEqual(await entity(store, 'services', 'a'), { id: 'a', value: { list: [1] } });
    assert.deepEqual((await store.document('token', 'a'))?.value, { list: [1] });
    assert.equal((await store.history())[0]?.change.length, 1);
  });

  check('of several commits on one generation one succeeds', async (store, under) => {
    const other = await under.open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? store : other).commit(commitOf(1, [{ id: `s${index}`, value: index }])),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof StoreConflict, outcome.reason);
    }
    const { generation, entities } = await store.load();
    assert.equal(generation, 1);
    assert.equal(entities.get('services')?.length, 1);
  });

  check('of increments by two writers none is lost', async (store, under) => {
    const other = await under.open();
    // The same node and the same hashes: nothing but the store tells their commits apart.
    await Promise.all([increment(store, 60, 'node-1'), increment(other, 60, 'node-1')]);
    assert.equal((await entity(other, 'counters', 'c'))?.['value'], 120);
    assert.equal((await store.load()).generation, 120);
  });

  check('what is loaded while others commit is of one generation', async (store, under) => {
    const writer = await under.open();
    const ids = Array.from({ length: 1500 }, (_, index) => `s${index}`);
    // Each generation gives all entities its own number, and has one entity that no other has.
    const commitAll = (generation: number): Promise<void> =>
      writer.commit(
        commitOf(generation, [
          ...ids.map((id) => ({ id, value: generation })),
          { id: `only-${generation}`, value: generation },
          { id: `only-${generation - 1}`, value: null },
        ]),
      );
    await commitAll(1);
    let writing = true;
    const written = (async () => {
      for (let generation = 2; generation <= 12; generation++) {
        await commitAll(generation);
        await nextTurn();
      }
      writing = false;
    })();
    let loads = 0;
    while (writing) {
      const { generation, entities } = await store.load();
      const services = entities.get('services') ?? [];
      assert.equal(services.length, ids.length + 1, `generation ${generation}`);
      assert.deepEqual([...new Set(services.map(({ value }) => value))], [generation]);
      loads++;
    }
    await written;
    assert.ok(loads > 0);
    assert.equal((await store.load()).generation, 12);
  });

  check('ten thousand entities go in at once and come out while other things go on', async (store) => {
    const puts = Array.from({ length: 10_000 }, (_, index) => ({
      id: `s${index}`,
      value: `v${index}`.repeat(40),
    }));
    await store.commit(commitOf(1, puts));
    let turns = 0;
    let loading = true;
    const counted = (async () => {
      while (loading) {
        await nextTurn();
        turns++;
      }
    })();
    const { entities } = await store.load();
    loading = false;
    await counted;
    assert.equal(entities.get('services')?.length, 10_000);
    assert.ok(turns >= 10, `the event loop went round ${turns} times`);
    assert.equal((await store.commitsAfter(0))?.[0]?.change.length, 10_000);
    assert.equal((await store.history())[0]?.change.length, 10_000);
  });

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

  check('a closed one rejects everything, and can be closed again', async (store) => {
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    await store.close();
    await store.close();
    const calls = [
      () => store.load(),
      () => store.commit(commitOf(2, [])),
      () => store.commitsAfter(0),
      () => store.history(),
      () => store.document('a', 'b'),
      () => store.documents('a'),
      () => store.putDocument('a', 'b', 1),
      () => store.deleteDocument('a', 'b'),
      () => store.ping(),
    ];
    for (const call of calls) await assert.rejects(call, StoreUnavailable);
    store.watch(() => assert.fail('nothing changes here'))();
  });

  if (!shared) return;

  check('everything is there again after it was closed', async (store, under) => {
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    await store.putDocument('token', 'a', 'v');
    const before = [await store.load(), await store.history(), await store.documents('token')];
    await store.close();
    const again = await under.open();
    assert.deepEqual([await again.load(), await again.history(), await again.documents('token')], before);
    await again.commit(commitOf(2, [{ id: 'a', value: 2 }]));
  });

  check('those who watch hear of the commits of others, and of no others', async (store, under) => {
    const other = await under.open();
    await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    await store.load();
    let calls = 0;
    let callsOfOther = 0;
    const stop = store.watch(() => calls++);
    other.watch(() => callsOfOther++);
    await until(() => callsOfOther === 1);

    await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
    await until(() => callsOfOther === 2);
    assert.equal(calls, 0, 'its own commit');

    await other.commit(commitOf(3, [{ id: 'a', value: 3 }]));
    await until(() => calls === 1);
    await other.putDocument('node', 'a', 1);
    await other.commit(commitOf(4, [{ id: 'a', value: 4 }]));
    await until(() => calls === 2);
    assert.equal(callsOfOther, 2);

    // The other watch of the same store shows when the stopped one would have been called.
    let callsOfSecond = 0;
    store.watch(() => callsOfSecond++);
    stop();
    await other.commit(commitOf(5, [{ id: 'a', value: 5 }]));
    await until(() => callsOfSecond === 1);
    assert.equal(calls, 2);
  });

  check('a commit between the load and the watch is told', async (store, under) => {
    const other = await under.open();
    await store.load();
    await other.commit(commitOf(1, [{ id: 'a', value: 1 }]));
    let called = false;
    store.watch(() => {
      called = true;
    });
    await until(() => called);
    assert.equal((await store.commitsAfter(0))?.length, 1);
  });
}
