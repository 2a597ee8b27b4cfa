/** What a Redis store makes of data, users and servers that are not as it would have them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { NO_REDIS, startRedis, until } from '../../../test/harness/redis-server.ts';
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
    configuration: [
      'user gate on >SECRET-1 ~{cardinal}:* &{cardinal}:changed +@all -@admin -@dangerous +info',
      'user quiet on >SECRET-4 ~{cardinal}:* resetchannels +@all -@admin -@dangerous',
      'requirepass SECRET-2',
    ],
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
  const store = await opened(t, `redis://gate:SECRET-1@${at}`);
  assert.equal(store.location, `redis://${at}/0`);
  let called = 0;
  store.watch(() => called++);
  await store.commit(commitOf(1, [{ id: 'a', value: 1 }]));
  await store.putDocument('token', 'a', 1, { ttlSeconds: 100 });
  assert.equal((await store.documents('token')).length, 1);
  assert.equal((await store.history()).length, 1);
  // This one may neither publish nor ask for INFO: its commits are seen all the same.
  const quiet = await opened(t, `redis://quiet:SECRET-4@${at}`);
  await quiet.commit(commitOf(2, [{ id: 'a', value: 2 }]));
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
