/**
 * A Redis store whose server is gone, frozen, read-only or only half reachable: it says so, knows what became of its
 * commits, and goes on when the server is back.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NO_REDIS, type RedisServer, startRedis, until } from '../../../test/harness/redis-server.ts';
import { type Store, StoreConflict, StoreUnavailable } from '../contract.ts';
import { openStore } from '../open.ts';
import { commitOf, entity } from './commits.ts';
import { Wire } from './wire.ts';

const skip = NO_REDIS;

async function opened(t: TestContext, url: string): Promise<Store> {
  const store = await openStore(url);
  t.after(() => store.close());
  return store;
}

/** Every kind of call, and none of them waits for ever. */
async function allUnavailable(store: Store): Promise<void> {
  const calls = [
    store.load(),
    store.commit(commitOf(1000, [])),
    store.commitsAfter(0),
    store.history(),
    store.document('a', 'b'),
    store.documents('a'),
    store.putDocument('a', 'b', 1),
    store.deleteDocument('a', 'b'),
    store.ping(),
  ];
  for (const outcome of await Promise.allSettled(calls)) {
    assert.equal(outcome.status, 'rejected');
    if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof StoreUnavailable, outcome.reason);
  }
}

async function answers(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

test('a server that goes away is said to be away, and used when it is back', { skip }, async (t) => {
  const server = await startRedis(t, { configuration: ['appendonly yes', 'appendfsync always'] });
  const store = await opened(t, server.url);
  const other = await opened(t, server.url);
  let called = 0;
  store.watch(() => called++);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await server.kill();
  await allUnavailable(store);
  await assert.rejects(openStore(server.url), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /redis:\/\/127\.0\.0\.1:\d+\/0 cannot be reached: .*ECONNREFUSED/);
    return true;
  });
  await server.start();
  await until(() => answers(store));
  await until(() => answers(other));
  assert.deepEqual(await entity(store, 'services', 'a'), { id: 'a', value: 1 });
  await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
  assert.equal(called, 0);
  await other.commit(commitOf(3, [{ id: 'a', value: 3 }]));
  await until(() => called === 1);
});

test('a frozen server is noticed, and used when it is awake', { skip }, async (t) => {
  const server = await startRedis(t);
  const store = await opened(t, server.url);
  store.watch(() => {});
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  server.freeze();
  await allUnavailable(store);
  await assert.rejects(openStore(server.url), StoreUnavailable);
  server.thaw();
  await until(() => answers(store));
  assert.equal((await store.load()).generation, 1);
  await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
});

test('a commit that a frozen server got is settled before anything else is read', { skip }, async (t) => {
  const server = await startRedis(t);
  const store = await opened(t, server.url);
  const commit = commitOf(1, [{ id: 'a', value: 1 }]);
  server.freeze();
  await assert.rejects(store.commit(commit), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /whether generation 1 was written shows when it answers again/);
    return true;
  });
  server.thaw();
  await until(() => answers(store));
  const { generation } = await store.load();
  const history = await store.history();
  assert.equal(history.length, generation);
  // The same commit again: done when it was written, written when it was not.
  await store.commit(commit);
  assert.deepEqual(await store.history(), [commit]);
  await assert.rejects(store.commit(commit), StoreConflict);
});

test('a server that became read-only rejects writes and answers reads', { skip }, async (t) => {
  const server = await startRedis(t);
  const master = await startRedis(t);
  const store = await opened(t, server.url);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '3');
  await assert.rejects(store.commit(commitOf(2, [])), /refuses: NOREPLICAS/);
  await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '0');
  await server.ask('REPLICAOF', '127.0.0.1', String(master.port));
  await assert.rejects(store.commit(commitOf(2, [])), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /READONLY|cannot be reached|LOADING|MASTERDOWN/);
    return true;
  });
  await server.ask('REPLICAOF', 'NO', 'ONE');
  await until(() => answers(store));
  const { generation } = await store.load();
  await store.commit(commitOf(generation + 1, []));
});

async function throughWire(
  t: TestContext,
): Promise<{ server: RedisServer; wire: Wire; store: Store; other: Store }> {
  const server = await startRedis(t);
  const wire = new Wire();
  await wire.listen(t, server);
  return {
    server,
    wire,
    store: await opened(t, `redis://127.0.0.1:${wire.port}`),
    other: await opened(t, server.url),
  };
}

test('a commit whose answer is lost is found in the history', { skip }, async (t) => {
  const { wire, store, other } = await throughWire(t);
  // From now on the server knows the script: one question, one answer.
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  let called = 0;
  const commit = commitOf(2, [{ id: 'a', value: 2 }]);
  store.watch(() => called++);
  wire.swallow();
  const committed = store.commit(commit);
  await until(async () => (await other.load()).generation === 2);
  await committed;
  assert.deepEqual((await store.history())[0], commit);
  assert.equal(called, 0, 'it is its own');
  await store.commit(commitOf(3, [{ id: 'a', value: 3 }]));
});

test('a commit that others have built upon is found as well', { skip }, async (t) => {
  const { wire, store, other } = await throughWire(t);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  wire.swallow();
  const committed = store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
  await until(async () => (await other.load()).generation === 2);
  await other.commit(commitOf(3, [{ id: 'a', value: 3 }]));
  await committed;
  assert.equal((await store.load()).generation, 3);
});

test('a commit that is still on its way when it is given up is refused when it arrives', {
  skip,
}, async (t) => {
  const { server, wire, store, other } = await throughWire(t);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  wire.hold();
  const commit = commitOf(2, [{ id: 'a', value: 'late' }]);
  const rejected = assert.rejects(store.commit(commit), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /generation 2 was not written/);
    return true;
  });
  await until(() => wire.isHolding);
  await rejected;
  const before = await commandsOf(server);
  wire.release();
  await until(async () => (await commandsOf(server)) > before);
  assert.equal((await other.load()).generation, 1);
  await store.commit(commit);
  assert.deepEqual(await entity(other, 'services', 'a'), { id: 'a', value: 'late' });
});

async function commandsOf(server: RedisServer): Promise<number> {
  const stats = await server.ask('INFO', 'commandstats');
  return (
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0) +
    Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  );
}

test('announcements that are lost are made up for by looking', { skip }, async (t) => {
  const { server, wire, store, other } = await throughWire(t);
  let called = 0;
  store.watch(() => called++);
  await until(async () => /pubsub_channels:1/.test(await server.ask('INFO', 'stats')));
  wire.isDeaf = true;
  await other.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await until(() => called === 1);
});
