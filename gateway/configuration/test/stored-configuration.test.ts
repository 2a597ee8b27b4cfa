import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelError } from '../../model/contract.ts';
import { StoreUnavailable } from '../../store/contract.ts';
import { MemoryStore } from '../../store/memory.ts';
import { ORIGIN, SharedStore, startNode } from './harness.ts';

const service = (name: string) => ({ name, host: `${name}.example` });

test('a write is compiled, stored and served as one generation, and gives what was written', async () => {
  const store = new MemoryStore();
  const { stored, workers } = await startNode(store);
  const made = await stored.write({ actor: 'ann', summary: 'POST /services' }, (draft) =>
    draft.insert('services', service('orders')),
  );
  assert.equal(made['name'], 'orders');
  assert.equal(workers.generation, 1);
  assert.equal(stored.served.configuration.services[0]?.name, 'orders');
  const [commit] = await store.history();
  assert.equal(commit?.generation, 1);
  assert.equal(commit?.hash, stored.served.configuration.hash);
  assert.deepEqual(
    commit?.authors.map(({ actor, summary }) => [actor, summary]),
    [['ann', 'POST /services']],
  );
});

test('writes that wait are taken together; one that is refused leaves the others alone', async () => {
  const { stored, workers } = await startNode();
  const results = await Promise.allSettled([
    stored.write(ORIGIN, (draft) => draft.insert('services', service('a'))),
    stored.write(ORIGIN, (draft) => draft.insert('services', { name: 'no-host' })),
    stored.write(ORIGIN, (draft) => draft.insert('services', service('b'))),
    stored.write(ORIGIN, (draft) => draft.insert('services', service('a'))),
  ]);
  assert.deepEqual(
    results.map((one) => one.status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
  );
  assert.equal(((results[1] as PromiseRejectedResult).reason as ModelError).body.code, 2);
  assert.equal(((results[3] as PromiseRejectedResult).reason as ModelError).body.code, 5);
  assert.equal(workers.generation, 1);
  assert.deepEqual(
    stored.view
      .all('services')
      .map((one) => one['name'])
      .sort(),
    ['a', 'b'],
  );
});

test('one that does not compile is refused with 400 and changes nothing; those beside it go through', async () => {
  const store = new MemoryStore();
  const { stored, workers } = await startNode(store);
  const names = ['a', 'b', 'broken', 'c', 'd'];
  const results = await Promise.allSettled(
    names.map((name) => stored.write(ORIGIN, (draft) => draft.insert('services', service(name)))),
  );
  assert.deepEqual(
    results.map((one) => one.status === 'fulfilled'),
    [true, true, false, true, true],
  );
  const { reason } = results[2] as PromiseRejectedResult;
  assert.ok(reason instanceof ModelError);
  assert.equal(reason.status, 400);
  assert.match(reason.body.message, /service 'broken'.*does not compile/);
  assert.deepEqual(
    stored.view
      .all('services')
      .map((one) => one['name'])
      .sort(),
    ['a', 'b', 'c', 'd'],
  );
  assert.equal(workers.taken.at(-1)?.services.length, 4);
  assert.equal((await store.load()).entities.get('services')?.length, 4);
});

test('a write that changes nothing makes no generation', async () => {
  const { stored, workers } = await startNode();
  const id = '11111111-1111-4111-8111-111111111111';
  assert.equal(await stored.write(ORIGIN, (draft) => draft.remove('services', id)), false);
  assert.equal(workers.generation, 0);
});

test('two replicas: each follows the other, and no write is lost', async () => {
  const store = new SharedStore();
  const [one, two] = [await startNode(store), await startNode(store)];
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? one : two).stored.write(ORIGIN, (draft) => draft.insert('services', service(`s${i}`))),
    ),
  );
  await pause(50);
  for (const { stored } of [one, two]) {
    assert.equal(stored.view.count('services'), 40);
    assert.equal(stored.served.configuration.services.length, 40);
  }
  assert.equal(one.stored.served.configuration.hash, two.stored.served.configuration.hash);
  assert.equal(one.workers.generation, two.workers.generation);
});

test('two replicas that make the same name: one of them is told', async () => {
  const store = new SharedStore();
  const nodes = [await startNode(store), await startNode(store)];
  const results = await Promise.allSettled(
    nodes.map(({ stored }) => stored.write(ORIGIN, (draft) => draft.insert('services', service('same')))),
  );
  assert.deepEqual(results.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await store.load()).entities.get('services')?.length, 1);
});

test('what another replica wrote and does not compile here leaves what is served; later writes go on', async () => {
  const store = new SharedStore();
  const { stored, workers, log } = await startNode(store);
  await stored.write(ORIGIN, (draft) => draft.insert('services', service('a')));
  const other = await startNode(store);
  // The other one is able to compile it.
  other.workers.apply = async (_configuration, options = {}) => {
    await options.beforeCommit?.();
    return (other.workers.generation = options.generation ?? 0);
  };
  const broken = await other.stored.write(ORIGIN, (draft) => draft.insert('services', service('broken')));
  await pause(50);
  assert.equal(workers.generation, 1);
  assert.ok(log.some((line) => line.includes('cannot be put in place here')));
  assert.equal(stored.view.count('services'), 2);
  await stored.write(ORIGIN, (draft) => draft.remove('services', broken.id));
  await stored.write(ORIGIN, (draft) => draft.insert('services', service('b')));
  assert.deepEqual(stored.served.configuration.services.map((one) => one.name).sort(), ['a', 'b']);
});

test('a store that cannot be written to refuses the write, and what it took unnoticed is found again', async () => {
  const store = new MemoryStore();
  const commit = store.commit.bind(store);
  const { stored, workers } = await startNode(store);
  store.commit = () => Promise.reject(new StoreUnavailable('gone'));
  await assert.rejects(
    stored.write(ORIGIN, (draft) => draft.insert('services', service('a'))),
    StoreUnavailable,
  );
  assert.equal(workers.generation, 0);
  // It was written, and the answer was lost.
  store.commit = async (one) => {
    await commit(one);
    throw new StoreUnavailable('the answer was lost');
  };
  await assert.rejects(
    stored.write(ORIGIN, (draft) => draft.insert('services', service('b'))),
    StoreUnavailable,
  );
  store.commit = commit;
  await stored.write(ORIGIN, (draft) => draft.insert('services', service('c')));
  assert.deepEqual(stored.served.configuration.services.map((one) => one.name).sort(), ['b', 'c']);
});

test('a generation is restored as one of its own; one that is not kept is not found', async () => {
  const { stored } = await startNode();
  const a = await stored.write(ORIGIN, (draft) => draft.insert('services', service('a')));
  const { hash } = stored.served.configuration;
  await stored.write(ORIGIN, (draft) => draft.update('services', 'a', { host: 'elsewhere.example' }));
  await stored.write(ORIGIN, (draft) => draft.insert('services', service('b')));
  await stored.write(ORIGIN, (draft) => draft.remove('services', 'a'));
  await stored.restore(1, { actor: 'ann', summary: 'restore 1' });
  assert.equal(stored.served.generation, 5);
  assert.equal(stored.served.configuration.hash, hash);
  assert.deepEqual(stored.view.byId('services', a.id), a);
  for (const generation of [0, 6, -1, 1.5])
    await assert.rejects(stored.restore(generation, ORIGIN), (error: ModelError) => error.status === 404);
});

test('what has expired is deleted', async () => {
  let now = Date.now();
  const { stored } = await startNode(new MemoryStore(), () => now);
  await stored.write(ORIGIN, (draft) => {
    draft.insert('consumers', { username: 'ann' });
    draft.insert('keyauth_credentials', { consumer: { username: 'ann' }, key: 'k', ttl: 10 });
  });
  now += 11_000;
  assert.equal(stored.view.count('keyauth_credentials'), 0);
  for (let i = 0; i < 40 && stored.served.generation < 2; i++) await pause(50);
  assert.deepEqual(stored.served.configuration.pluginEntities['keyauth_credentials'], []);
});

test('before it follows and after it is closed, writes are refused', async () => {
  const { stored } = await startNode();
  stored.close();
  await assert.rejects(
    stored.write(ORIGIN, () => 1),
    StoreUnavailable,
  );
});

test('what was written while a restoration was prepared is undone as well', async () => {
  const store = new SharedStore();
  const { stored } = await startNode(store);
  await stored.write(ORIGIN, (draft) => draft.insert('services', service('a')));
  const { hash } = stored.served.configuration;
  // It has been told of its own write by then.
  await pause(20);
  const commitsAfter = store.commitsAfter.bind(store);
  let raced = false;
  store.commitsAfter = async (generation) => {
    const commits = await commitsAfter(generation);
    if (!raced) {
      raced = true;
      await stored.write(ORIGIN, (draft) => draft.insert('services', service('late')));
    }
    return commits;
  };
  await stored.restore(1, ORIGIN);
  assert.equal(stored.served.configuration.hash, hash);
});

test('what workers did not take from another replica is put in place when they answer again', async () => {
  const store = new SharedStore();
  const [one, two] = [await startNode(store), await startNode(store)];
  const { apply } = one.workers;
  let silent = true;
  one.workers.apply = async (configuration, options) => {
    if (silent) throw new Error('worker 1 did not answer to prepare');
    return apply.call(one.workers, configuration, options);
  };
  await two.stored.write(ORIGIN, (draft) => draft.insert('services', service('a')));
  await pause(50);
  assert.equal(one.workers.generation, 0);
  silent = false;
  for (let i = 0; i < 60 && one.workers.generation === 0; i++) await pause(50);
  assert.equal(one.stored.served.configuration.services[0]?.name, 'a');
});
