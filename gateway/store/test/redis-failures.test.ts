/**
 * A Redis store whose server is gone, frozen, read-only or only half reachable: it says so, knows what became of its
 * commits, and goes on when the server is back.
 */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { NO_REDIS, type RedisServer, startRedis, until } from '../../../test/harness/redis-server.ts';
import { type Store, StoreConflict, StoreUnavailable } from '../contract.ts';
import { StoreFormatError } from '../format-error.ts';
import { openStore } from '../open.ts';
import { StoredValueError } from '../stored-value.ts';
import { commitOf, entity } from './commits.ts';

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

/**
 * Stands between a store and its server. What is done to connections is done to those that are there; those that are
 * made afterwards work.
 */
class Wire {
  port = 0;
  /** What is published gets lost. */
  isDeaf = false;
  readonly #connections = new Set<{ swallows: boolean; holds: boolean }>();
  readonly #held: (() => void)[] = [];

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  async listen(t: TestContext, server: RedisServer): Promise<void> {
    const sockets = new Set<Socket>();
    const listening = createServer((client) => {
      const upstream = connect({ host: '127.0.0.1', port: server.port });
      const connection = { swallows: false, holds: false };
      this.#connections.add(connection);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => {});
      }
      client.on('data', (data) => {
        if (connection.holds) this.#held.push(() => upstream.write(data));
        else upstream.write(data);
      });
      upstream.on('data', (data) => {
        if (!connection.swallows && !(this.isDeaf && data.includes('message'))) client.write(data);
      });
      // The server keeps the connection of a client that left: what is on its way still arrives.
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    this.port = (listening.address() as { port: number }).port;
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    });
  }

  /** The server's answers are lost. */
  swallow(): void {
    for (const connection of this.#connections) connection.swallows = true;
  }

  /** What the store sends stays on its way. */
  hold(): void {
    for (const connection of this.#connections) connection.holds = true;
  }

  /** What was held arrives. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }
}

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

test('what was edited by hand is named, and the rest can be used', { skip }, async (t) => {
  const server = await startRedis(t);
  const store = await opened(t, server.url);
  const redis = new Redis(server.port, '127.0.0.1');
  t.after(() => redis.disconnect());
  await store.commit(
    commitOf(1, [
      { id: 'good', value: 1 },
      { id: 'bad', value: 1 },
    ]),
  );
  await store.putDocument('token', 'good', 1);
  const names = (collection: string, id: string) => (error: Error) => {
    assert.ok(error instanceof StoredValueError, error.stack);
    assert.deepEqual([error.collection, error.id], [collection, id]);
    return true;
  };
  for (const value of ['{"id":"bad","val', 'null', '[]', '{"id":"other"}', '']) {
    await redis.hset('{cardinal}:entities', 'services bad', value);
    await assert.rejects(store.load(), names('services', 'bad'));
  }
  await redis.hdel('{cardinal}:entities', 'services bad');
  await redis.hset('{cardinal}:entities', 'nothing', '{}');
  await assert.rejects(store.load(), names('entities', 'nothing'));
  await redis.hdel('{cardinal}:entities', 'nothing');
  assert.equal((await store.load()).entities.get('services')?.length, 1);

  for (const value of ['', '7', '1 0 {"cut', 'x 0 {}', '1 x {}']) {
    await redis.hset('{cardinal}:documents:token', 'bad', value);
    await assert.rejects(store.document('token', 'bad'), names('documents of token', 'bad'));
    await assert.rejects(store.documents('token'), names('documents of token', 'bad'));
    assert.equal((await store.document('token', 'good'))?.value, 1);
  }
  await assert.rejects(store.putDocument('token', 'bad', 2, { expected: 0 }), StoreConflict);
  assert.equal((await store.putDocument('token', 'bad', 2)).version, 1);
  assert.equal((await store.documents('token')).length, 2);

  for (const value of [
    '',
    'short',
    `${'0'.repeat(36)} {"generation":1`,
    `${'0'.repeat(36)} {"generation":1}`,
  ]) {
    await redis.lset('{cardinal}:history', 0, value);
    await assert.rejects(store.history(), names('commits', '1'));
    await assert.rejects(store.commitsAfter(0), names('commits', '1'));
  }
  await redis.hset('{cardinal}:head', 'generation', 'many');
  for (const call of [() => store.load(), () => store.history(), () => store.commit(commitOf(2, []))]) {
    await assert.rejects(call, names('head', '{cardinal}:head'));
  }
  await redis.hset('{cardinal}:head', 'generation', '1');
  await store.commit(commitOf(2, [{ id: 'bad', value: 'again' }]));
  assert.equal((await entity(store, 'services', 'bad'))?.['value'], 'again');
});

test('a key of a wrong type ends a commit before it has changed anything', { skip }, async (t) => {
  const server = await startRedis(t);
  const store = await opened(t, server.url);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  for (const key of ['{cardinal}:history', '{cardinal}:entities']) {
    await server.ask('RENAME', key, 'kept');
    await server.ask('SET', key, 'x');
    await assert.rejects(store.commit(commitOf(2, [{ id: 'a', value: 2 }])), /refuses: WRONGTYPE/);
    await server.ask('RENAME', 'kept', key);
    assert.equal((await store.load()).generation, 1);
    assert.equal((await store.history()).length, 1);
  }
  await store.commit(commitOf(2, [{ id: 'a', value: 2 }]));
});

test('a store that a newer version wrote is refused', { skip }, async (t) => {
  const server = await startRedis(t);
  const store = await opened(t, server.url);
  await server.ask('HSET', '{cardinal}:head', 'format', '2', 'generation', '5');
  await assert.rejects(openStore(server.url), (error: Error) => {
    assert.ok(error instanceof StoreFormatError);
    assert.match(error.message, /newer version of Cardinal \(its format is 2, this one knows 1\)/);
    return true;
  });
  for (const call of [() => store.commit(commitOf(6, [])), () => store.load(), () => store.history()]) {
    await assert.rejects(call, StoreFormatError);
  }
});

test('stores with different prefixes and databases do not know each other', { skip }, async (t) => {
  const server = await startRedis(t);
  const urls = [server.url, `${server.url}?prefix=b`, server.url.replace(/0$/, '1')];
  const stores = await Promise.all(urls.map((url) => opened(t, url)));
  for (const [index, store] of stores.entries()) await store.commit(commitOf(1, [{ id: 'a', value: index }]));
  for (const [index, store] of stores.entries()) {
    assert.equal((await entity(store, 'services', 'a'))?.['value'], index);
  }
});

test('a wrong password is said without it; the right one, with its user, is used', { skip }, async (t) => {
  const server = await startRedis(t, {
    configuration: ['user gate on >SECRET-1 ~{cardinal}* +@all', 'requirepass SECRET-2'],
  });
  const at = `127.0.0.1:${server.port}`;
  for (const wrong of [`redis://:SECRET-3@${at}`, `redis://gate:SECRET-3@${at}`, `redis://${at}`]) {
    await assert.rejects(openStore(wrong), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable);
      assert.match(error.message, /WRONGPASS|NOAUTH/);
      assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /SECRET/);
      return true;
    });
  }
  // This user may not publish: others see its commits all the same.
  const store = await opened(t, `redis://gate:SECRET-1@${at}`);
  const other = await opened(t, `redis://:SECRET-2@${at}`);
  assert.equal(store.location, `redis://${at}/0`);
  let called = 0;
  other.watch(() => called++);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await until(() => called === 1);
});

test('announcements that are lost are made up for by looking', { skip }, async (t) => {
  const { server, wire, store, other } = await throughWire(t);
  let called = 0;
  store.watch(() => called++);
  await until(async () => /pubsub_channels:1/.test(await server.ask('INFO', 'stats')));
  wire.isDeaf = true;
  await other.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await until(() => called === 1);
});

test('a server that may forget is warned of', { skip }, async (t) => {
  const forgetful = await startRedis(t, {
    configuration: ['maxmemory 100mb', 'maxmemory-policy allkeys-lru'],
  });
  const lines: string[] = [];
  await (await openStore(forgetful.url, { warn: (line) => lines.push(line) })).close();
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /redis:\/\/127\.0\.0\.1:\d+\/0: .*appendonly yes/);
  assert.match(lines[1] ?? '', /maxmemory-policy allkeys-lru/);

  const careful = await startRedis(t, { configuration: ['appendonly yes'] });
  await (await openStore(careful.url, { warn: (line) => lines.push(line) })).close();
  assert.equal(lines.length, 2);
});
