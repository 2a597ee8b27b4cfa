/** Numbers that only go up, for nodes that take nothing older than what they have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../../shared/config/empty.ts';
import { createLogger } from '../../../shared/observe/logger.ts';
import { settle } from '../../../shared/upstream/test/fake-clock.ts';
import { GenerationNumbers } from '../generation-numbers.ts';
import { MemoryDocuments } from './memory-documents.ts';
import { configured, nodeId, PLUGIN_VERSIONS, SHOP, start, TestSource } from './running.ts';
import { TestNode } from './test-node.ts';

const log = createLogger({ write: () => {} });
const served = (hash: string, generation = 1) => ({
  generation,
  configuration: { ...EMPTY_CONFIGURATION, hash },
});

test('a store counts by itself', async () => {
  const numbers = new GenerationNumbers(new MemoryDocuments(), 'redis', log);
  assert.equal((await numbers.number(served('a', 7))).generation, 7);
});

test('files are counted across restarts and replicas, and the same file keeps its number', async () => {
  const documents = new MemoryDocuments();
  const count = async (numbers: GenerationNumbers, ...hashes: string[]): Promise<number[]> => {
    const list: number[] = [];
    for (const hash of hashes) list.push((await numbers.number(served(hash))).generation);
    return list;
  };
  const first = new GenerationNumbers(documents, 'file', log);
  assert.deepEqual(await count(first, 'a', 'a', 'b'), [1, 1, 2]);
  const second = new GenerationNumbers(documents, 'file', log);
  assert.deepEqual(await count(second, 'b', 'c'), [2, 3]);
  // The first one still serves the older file, until it has read the new one as well.
  assert.deepEqual(await count(first, 'b', 'c', 'b'), [2, 3, 4]);
});

test('without a store numbers go up all the same, and are stored later', async () => {
  const documents = new MemoryDocuments();
  const numbers = new GenerationNumbers(documents, 'file', log);
  await numbers.number(served('a'));
  documents.broken = true;
  assert.equal((await numbers.number(served('b'))).generation, 2);
  documents.broken = false;
  assert.equal((await numbers.number(served('c'))).generation, 3);
  assert.equal((await new GenerationNumbers(documents, 'file', log).number(served('d'))).generation, 4);
});

test('a control plane with a file that is started again goes on counting', async (t) => {
  const store = new MemoryDocuments();
  const source = (): Promise<TestSource> =>
    configured(SHOP).then((configuration) => {
      const made = new TestSource(configuration);
      made.source = 'file';
      made.served = { generation: 1, configuration };
      return made;
    });
  const first = await start(t, { source: await source(), store });
  const node = await first.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await node.untilGeneration(1);
  first.source.serve(await configured(SHOP.replace('/orders', '/o')));
  await node.untilGeneration(2);
  await first.controlPlane.close();
  await node.untilClosed();
  const second = await start(t, {
    source: await source(),
    store,
    listen: [{ host: '127.0.0.1', port: first.port, ssl: false, backlog: 128 }],
  });
  await node.connect();
  await node.untilGeneration(3);
  assert.deepEqual(node.configuration().routes[0]?.paths, ['/orders']);
  assert.equal(second.controlPlane.connected, 1);
});

test('a node that comes from another replica is told nothing older than what it has', async (t) => {
  let now = Date.now();
  const store = new MemoryDocuments();
  const configuration = await configured(SHOP);
  const early = await start(t, { source: new TestSource(configuration), store, now: () => now });
  // The scope of the first replica was signed before that of the second one.
  const witness = await early.node({ node: nodeId(), service: 'orders' });
  await witness.connect();
  await witness.untilGeneration(2);
  now += 10_000;
  const late = await start(t, { source: new TestSource(configuration), store, now: () => now });
  const node = await late.node({ node: nodeId(), service: 'orders' });
  await node.connect();
  await node.untilGeneration(2);
  now += 1;
  const moved = new TestNode({ ...node.options, port: early.port, plugins: PLUGIN_VERSIONS });
  t.after(() => moved.close());
  moved.identity = node.identity;
  moved.entities = node.entities;
  moved.manifest = node.manifest;
  Object.defineProperty(moved, 'credentials', { value: node.credentials });
  await moved.connect();
  await moved.until(() => moved.count('current') === 1);

  // And a replica that has not heard of a generation yet sends nothing until it has.
  const newest = await configured(SHOP.replace('/orders', '/o'));
  late.source.serve(newest);
  await node.untilGeneration(3);
  moved.close();
  await moved.untilClosed();
  moved.entities = node.entities;
  moved.manifest = node.manifest;
  await moved.connect();
  const row = async () => (await early.controlPlane.node(node.options.node))?.nack;
  while ((await row())?.resource !== 'generation') await settle();
  assert.equal(moved.frames.length, 0);
  now += 1;
  early.source.serve(newest);
  await moved.until(() => moved.frames.length > 0);
  assert.deepEqual(
    moved.frames.map(({ type }) => type),
    ['current'],
  );
  assert.equal(await row(), null);
});
