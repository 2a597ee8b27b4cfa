import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBalancer } from '../balancer/create-balancer.ts';
import { WeightedSchedule } from '../balancer/weighted-schedule.ts';
import type { Balancer } from '../contract.ts';
import { FakeClock } from './fake-clock.ts';
import { picked, request, targets, upstream, world } from './fixtures.ts';

const anybody = request();

function counts(balancer: Balancer, picks: number): Record<string, number> {
  const result: Record<string, number> = {};
  for (let i = 0; i < picks; i++) {
    const { ip } = picked(balancer.pick(anybody));
    result[ip] = (result[ip] ?? 0) + 1;
  }
  return result;
}

test('a period gives every entry exactly its weight, whatever the weights', () => {
  const clock = new FakeClock(7);
  for (let round = 0; round < 200; round++) {
    const weights = Array.from({ length: 1 + Math.floor(clock.random() * 9) }, () =>
      clock.random() < 0.2 ? 1 + Math.floor(clock.random() * 3000) : 1 + Math.floor(clock.random() * 20),
    );
    const schedule = new WeightedSchedule(weights);
    const period = weights.reduce((sum, weight) => sum + weight, 0);
    for (let repeat = 0; repeat < 2; repeat++) {
      const taken = weights.map(() => 0);
      for (let turn = 0; turn < period; turn++) taken[schedule.next()]!++;
      assert.deepEqual(taken, weights);
    }
  }
});

test('weights are reduced by their common divisor and spread over the period', () => {
  const schedule = new WeightedSchedule([500, 100, 100]);
  const turns = Array.from({ length: 7 }, () => schedule.next());
  assert.deepEqual(turns.toSorted(), [0, 0, 0, 0, 0, 1, 2]);
  let longest = 0;
  let row = 0;
  for (const turn of [...turns, ...turns]) {
    row = turn === 0 ? row + 1 : 0;
    longest = Math.max(longest, row);
  }
  assert.ok(longest < 4, `the heavy one has ${longest} turns in a row: ${turns}`);
});

test('requests follow the weights; weight 0 gets none', () => {
  const balancer = createBalancer(
    {
      kind: 'upstream',
      upstream: upstream(),
      targets: targets({ '10.0.0.1:80': 100, '10.0.0.2:80': 300, '10.0.0.3:80': 0 }),
    },
    world(),
  );
  assert.deepEqual(counts(balancer, 400), { '10.0.0.1': 100, '10.0.0.2': 300 });
});

test('the order differs between processes', () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const balancer = createBalancer(
      {
        kind: 'upstream',
        upstream: upstream(),
        targets: targets({ '10.0.0.1:80': 1, '10.0.0.2:80': 1, '10.0.0.3:80': 1 }),
      },
      world({ seed }),
    );
    orders.add([1, 2, 3].map(() => picked(balancer.pick(anybody)).ip).join());
  }
  assert.ok(orders.size > 3, String(orders.size));
});

test('tried endpoints are avoided while others are left, also with very uneven weights', () => {
  const balancer = createBalancer(
    { kind: 'upstream', upstream: upstream(), targets: targets({ '10.0.0.1:80': 65535, '10.0.0.2:80': 1 }) },
    world(),
  );
  const first = picked(balancer.pick(anybody));
  const second = picked(balancer.pick(request({}, [first])));
  assert.notEqual(second, first);
  const third = picked(balancer.pick(request({}, [first, second])));
  assert.ok(third === first || third === second);
});

test('an unhealthy endpoint is left out and its share goes to the others by weight', () => {
  const deps = world();
  const balancer = createBalancer(
    {
      kind: 'upstream',
      upstream: upstream(),
      targets: targets({ '10.0.0.1:80': 10, '10.0.0.2:80': 20, '10.0.0.3:80': 10 }),
    },
    deps,
  );
  assert.equal(deps.board.setHealth('u1', '10.0.0.1:80', undefined, false), 1);
  assert.deepEqual(counts(balancer, 300), { '10.0.0.2': 200, '10.0.0.3': 100 });
  deps.board.setHealth('u1', '10.0.0.1:80', undefined, true);
  assert.deepEqual(counts(balancer, 400), { '10.0.0.1': 100, '10.0.0.2': 200, '10.0.0.3': 100 });
});
