/**
 * What every store promises, as tests. A store's own test file says how it is opened and runs all of these; what is
 * special about it (files, locks, networks) it tests itself.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HISTORY_LENGTH, StoreConflict, StoreUnavailable } from '../contract.ts';
import { checkWith, type StoreUnderTest } from './check.ts';
import { commitOf, entity, increment } from './commits.ts';
import { documentChecks } from './conformance-documents.ts';
import { sharingChecks } from './conformance-sharing.ts';

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
  const check = checkWith(name, prepare, skip);
  documentChecks(check);

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

  if (shared) sharingChecks(check);
}
