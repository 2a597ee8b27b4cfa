import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityDigest, generationDigest } from '../../../config/generation-hash.ts';
import { pluginRegistry } from '../../../config/plugin-registry.ts';
import type { GenerationManifest } from '../../protocol.ts';
import { EntityReader } from '../held-entities.ts';
import { type Generation, IncomingGeneration } from '../incoming-generation.ts';

const reader = new EntityReader(pluginRegistry([]));

function consumer(id: number, more: object = {}) {
  return {
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    created_at: 1,
    updated_at: 1,
    username: `user-${id}`,
    custom_id: null,
    tags: null,
    ...more,
  };
}

function manifestOf(consumers: readonly { readonly id: string }[]): GenerationManifest {
  const digests = new Map(consumers.map((one) => [`consumers ${one.id}`, entityDigest(one)]));
  return {
    generation: 1,
    digest: generationDigest(digests),
    configurationHash: 'h',
    service: 'orders',
    calls: [],
    issuedAt: 1,
  };
}

async function take(
  consumers: readonly { readonly id: string }[],
  base?: Generation,
  deletes: readonly string[] = [],
  result = consumers,
): Promise<Generation> {
  const incoming = new IncomingGeneration(reader, 64 * 1024 ** 2, base);
  await incoming.add({
    puts: [{ collection: 'consumers', entities: consumers }],
    deletes: [{ collection: 'consumers', ids: deletes }],
  });
  return incoming.finish(manifestOf(result), 'signature');
}

test('a change keeps what stays: its order, and the objects themselves', async () => {
  const first = await take([consumer(1), consumer(2), consumer(3)]);
  const changed = consumer(2, { username: 'renamed' });
  const second = await take(
    [changed, consumer(4)],
    first,
    [consumer(1).id],
    [changed, consumer(3), consumer(4)],
  );
  assert.deepEqual(
    second.configuration.consumers.map(({ username }) => username),
    ['renamed', 'user-3', 'user-4'],
  );
  assert.equal(second.configuration.consumers[1], first.configuration.consumers[2]);
  assert.equal(second.configuration.services, first.configuration.services);
  assert.equal(first.configuration.consumers.length, 3, 'what was served is as it was');
  assert.notEqual(second.configuration.hash, first.configuration.hash);
});

test('a field that the sender does not know yet is served with its default, and the digest is of what was sent', async () => {
  const { tags: _, ...older } = consumer(1);
  const generation = await take([older]);
  assert.equal(generation.configuration.consumers[0]?.tags, null);
  const [held] = generation.entities.values();
  assert.deepEqual(held?.entity, older);
  const next = await take([consumer(2)], generation, [], [older, consumer(2)]);
  assert.equal(next.configuration.consumers.length, 2);
});

test('the budget counts what is held, not what has been sent over time', async () => {
  const size = JSON.stringify(consumer(1)).length;
  let held = await take([consumer(1)]);
  for (let i = 2; i < 50; i++) {
    const incoming = new IncomingGeneration(reader, 3 * size, held);
    await incoming.add({
      puts: [{ collection: 'consumers', entities: [consumer(i)] }],
      deletes: [{ collection: 'consumers', ids: [consumer(i - 1).id] }],
    });
    held = await incoming.finish(manifestOf([consumer(i)]), 'signature');
  }
  const incoming = new IncomingGeneration(reader, 3 * size, held);
  const three = [consumer(101), consumer(102), consumer(103)];
  await assert.rejects(incoming.add({ puts: [{ collection: 'consumers', entities: three }], deletes: [] }), {
    name: 'Refusal',
    resource: 'budget',
  });
});

test('a large generation lets others run while it is read', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => consumer(i));
  let turns = 0;
  let reading = true;
  const turn = (): void => {
    turns++;
    if (reading) setImmediate(turn);
  };
  setImmediate(turn);
  await take(many);
  reading = false;
  // Without pauses it would be one turn or two, whatever the machine.
  assert.ok(turns > 5, `${turns}`);
});
