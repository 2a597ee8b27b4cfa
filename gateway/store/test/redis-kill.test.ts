/** With an append-only file that is always synced, what was acknowledged survives the end of the Redis server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../shared/test/random.ts';
import { NO_REDIS, startRedis, until } from '../../../test/harness/redis-server.ts';
import { type Store, StoreUnavailable } from '../contract.ts';
import { openStore } from '../open.ts';
import { commitOf } from './commits.ts';

const KILLS = 4;

test('kill -9 of the server while it commits', { skip: NO_REDIS }, async (t) => {
  const server = await startRedis(t, { configuration: ['appendonly yes', 'appendfsync always'] });
  const store = await openStore(server.url);
  t.after(() => store.close());
  const random = new Random(20_251);
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const killed = new Promise<void>((resolve) => {
      setTimeout(() => resolve(server.kill()), 20 + random.next() * 60);
    });
    acknowledged = await commitUntilItFails(store, acknowledged);
    await killed;
    await server.start();
    await until(() => isThere(store));
    const { generation, entities } = await store.load();
    assert.ok(
      generation === acknowledged || generation === acknowledged + 1,
      `${generation}, ${acknowledged}`,
    );
    assert.equal(entities.get('services')?.length ?? 0, generation);
    assert.equal((await store.history())[0]?.generation ?? 0, generation);
    acknowledged = generation;
  }
  assert.ok(acknowledged > KILLS);
});

async function commitUntilItFails(store: Store, from: number): Promise<number> {
  for (let generation = from + 1; ; generation++) {
    try {
      await store.commit(commitOf(generation, [{ id: `s${generation}`, value: generation }]));
    } catch (error) {
      assert.ok(error instanceof StoreUnavailable, String(error));
      return generation - 1;
    }
  }
}

function isThere(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}
