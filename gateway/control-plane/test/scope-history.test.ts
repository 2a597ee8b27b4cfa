/** Whatever happened since: what changed, put on top of what was there, is what is there now. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import { EntitySet } from '../../../shared/sync/entity-set.ts';
import { FrameDecoder } from '../../../shared/sync/frames.ts';
import { MAX_FRAME_BYTES, PART_BYTES } from '../../../shared/sync/protocol.ts';
import { readControlPlaneFrame } from '../../../shared/sync/read-frame.ts';
import { Random } from '../../../shared/test/random.ts';
import { FrameBudget, PartFrames } from '../part-frames.ts';
import { microgatewayScope, ScopeIndex } from '../scope.ts';
import { type Changes, factsInOrder, ScopeHistory } from '../scope-history.ts';
import { configurationFrom, randomDocument, registry, serviceName } from './random-configuration.ts';

const definitions = entityIndex(registry);

/** Through frames, as it is sent. */
function apply(to: EntitySet, changes: Changes): { readonly set: EntitySet; readonly frames: Buffer[] } {
  const set = new EntitySet(to);
  const decoder = new FrameDecoder();
  const frames: Buffer[] = [];
  const reader = new PartFrames(changes, new FrameBudget(0)).open()!;
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    frames.push(frame);
    for (const value of decoder.push(frame)) {
      const part = readControlPlaneFrame(value);
      assert.equal(part.type, 'part');
      if (part.type === 'part') set.apply(part);
    }
  }
  reader.close();
  return { set, frames };
}

test('a delta from any step that is known gives what a snapshot gives', async () => {
  let deltas = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const document = randomDocument(random, 6);
    const history = new ScopeHistory();
    const before: EntitySet[] = [new EntitySet()];
    for (let step = 0; step < 12; step++) {
      // Somebody changes, takes away or gives back a few things.
      const changed: Record<string, unknown[]> = {};
      for (const [collection, list] of Object.entries(document)) {
        changed[collection] = (list as Record<string, unknown>[])
          .filter(() => !(collection === 'plugins' || collection === 'targets') || random.chance(0.8))
          .map((entity) =>
            collection === 'services' && random.chance(0.3)
              ? { ...entity, retries: random.below(9) }
              : entity,
          );
      }
      const index = new ScopeIndex(await configurationFrom(changed), definitions);
      const subscription = {
        service: serviceName(0),
        calls: [serviceName(1), serviceName(2), serviceName(3)],
      };
      history.advance(await factsInOrder(microgatewayScope(index, subscription, '*').entities));
      const snapshot = apply(new EntitySet(), { puts: history.contents, deletes: [] }).set;
      assert.equal(snapshot.digest(), history.digest);
      assert.equal(snapshot.bytes, history.bytes);
      for (const older of before) {
        const changes = history.since(older.digest());
        if (changes === undefined) continue;
        deltas++;
        const { set } = apply(older, changes);
        assert.equal(set.digest(), history.digest, `seed ${seed}, step ${step}`);
        assert.deepEqual(
          [...set.entities()].map(({ key }) => key).sort(),
          history.contents.map(({ key }) => key),
        );
      }
      before.push(snapshot);
    }
  }
  assert.ok(deltas > 200, String(deltas));
});

test('what was never there, or too long ago, is unknown', async () => {
  const history = new ScopeHistory();
  const facts = (value: number) =>
    factsInOrder(
      Array.from({ length: 40 }, (_, i) => ({
        collection: 'services',
        entity: { id: `id-${i}`, value: i === 0 ? value : 0 },
      })),
    );
  history.advance(await facts(0));
  const { digest } = history;
  assert.equal(history.since('ab'.repeat(32)), undefined);
  assert.equal(history.since(digest), undefined);
  history.advance(await facts(1));
  assert.equal(history.since(digest)?.puts.length, 1);
  // Back and forth again: from the newest time that it was so.
  history.advance(await facts(0));
  history.advance(await facts(2));
  assert.equal(history.since(digest)?.puts.length, 1);
  for (let value = 3; value < 30; value++) history.advance(await facts(value));
  assert.equal(history.since(digest), undefined);
});

test('parts are cut, and a large entity has one of its own', async () => {
  const large = 'x'.repeat(PART_BYTES * 2);
  const entities = Array.from({ length: 3000 }, (_, i) => ({
    collection: i % 2 === 0 ? 'services' : 'routes',
    entity: { id: `id-${i}`, text: i === 1500 ? large : 'y'.repeat(i % 700) },
  }));
  const puts = await factsInOrder(entities);
  const deletes = Array.from({ length: 20_000 }, (_, i) => ({ collection: 'targets', id: `gone-${i}` }));
  const { set, frames } = apply(new EntitySet(), { puts, deletes });
  assert.equal(set.size, 3000);
  const sizes = frames.map(({ length }) => length);
  assert.ok(sizes.length > 5);
  assert.ok(Math.max(...sizes) < MAX_FRAME_BYTES);
  assert.equal(sizes.filter((size) => size > PART_BYTES * 1.2).length, 1);
});

test('readers share frames within the budget; beyond it only what a reader is at is kept', async () => {
  const puts = await factsInOrder(
    Array.from({ length: 40 }, (_, i) => ({
      collection: 'services',
      entity: { id: `id-${i}`, text: 'x'.repeat(50_000) },
    })),
  );
  const generous = new FrameBudget(100 * 1024 * 1024);
  const shared = new PartFrames({ puts, deletes: [] }, generous);
  const [one, two] = [shared.open()!, shared.open()!];
  const first = one.next();
  while (one.next() !== undefined);
  assert.equal(two.next(), first);
  const kept = generous.used;
  assert.ok(kept > 1_900_000);
  one.close();
  shared.retire();
  assert.ok(generous.used > kept - 600_000, 'a reader that is behind still needs the rest');
  assert.equal(shared.open(), undefined);
  two.close();
  assert.equal(generous.used, 0);

  const tight = new FrameBudget(0);
  const alone = new PartFrames({ puts, deletes: [] }, tight);
  const reader = alone.open()!;
  let most = 0;
  while (reader.next() !== undefined) most = Math.max(most, tight.used);
  assert.ok(most <= PART_BYTES * 1.2, String(most));
  assert.equal(alone.open(), undefined);
});
