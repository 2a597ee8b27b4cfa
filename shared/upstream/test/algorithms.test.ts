import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../../config/entities.ts';
import { createBalancer } from '../balancer/create-balancer.ts';
import { PeakEwma } from '../balancer/peak-ewma.ts';
import type { Balancer, Endpoint } from '../contract.ts';
import { FakeClock } from './fake-clock.ts';
import { picked, request, targets, upstream, type World, world } from './fixtures.ts';

const anybody = request();

function balancerOf(
  algorithm: Upstream['algorithm'],
  weights: Record<string, number>,
  deps: World,
): Balancer {
  return createBalancer(
    { kind: 'upstream', upstream: upstream({ algorithm }), targets: targets(weights) },
    deps,
  );
}

test('least-connections fills endpoints in proportion to their weights', () => {
  const balancer = balancerOf('least-connections', { '10.0.0.1:80': 100, '10.0.0.2:80': 300 }, world());
  const active: Record<string, number> = {};
  for (let i = 0; i < 400; i++) {
    const endpoint = picked(balancer.pick(anybody));
    endpoint.active++;
    active[endpoint.ip] = endpoint.active;
  }
  assert.deepEqual(active, { '10.0.0.1': 100, '10.0.0.2': 300 });
});

test('least-connections takes turns between equals and prefers who finishes', () => {
  const balancer = balancerOf(
    'least-connections',
    { '10.0.0.1:80': 1, '10.0.0.2:80': 1, '10.0.0.3:80': 1 },
    world(),
  );
  const idle = new Set([1, 2, 3].map(() => picked(balancer.pick(anybody)).ip));
  assert.equal(idle.size, 3);
  const busy = [1, 2, 3].map(() => {
    const endpoint = picked(balancer.pick(anybody));
    endpoint.active++;
    return endpoint;
  });
  busy[1]!.active--;
  for (let i = 0; i < 5; i++) assert.equal(picked(balancer.pick(anybody)), busy[1]);
});

test('scanning algorithms avoid tried endpoints until all were tried', () => {
  for (const algorithm of ['least-connections', 'latency'] as const) {
    const weights = Object.fromEntries(Array.from({ length: 3 }, (_, i) => [`10.0.0.${i + 1}:80`, 1]));
    const balancer = balancerOf(algorithm, weights, world());
    const tried: Endpoint[] = [];
    for (let i = 0; i < 3; i++) {
      const endpoint = picked(balancer.pick(request({}, tried)));
      assert.ok(!tried.includes(endpoint));
      tried.push(endpoint);
    }
    assert.ok(tried.includes(picked(balancer.pick(request({}, tried)))));
  }
});

test('of very many endpoints a sample is compared, and still no tried one is picked', () => {
  const weights = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`10.0.0.${i + 1}:80`, 1]));
  const balancer = balancerOf('least-connections', weights, world());
  const seen = new Set<Endpoint>();
  for (let i = 0; i < 2000; i++) {
    const endpoint = picked(balancer.pick(anybody));
    endpoint.active++;
    seen.add(endpoint);
  }
  assert.equal(seen.size, 200);
  const most = Math.max(...[...seen].map((endpoint) => endpoint.active));
  assert.ok(most <= 14, `10 would be even, the fullest has ${most}`);
  const all = [...seen];
  const spared = all[17]!;
  const tried = all.filter((endpoint) => endpoint !== spared);
  assert.equal(balancer.pick(request({}, tried)), spared);
});

test('the average jumps up with a slow answer and comes down with time', () => {
  const ewma = new PeakEwma(30, 0);
  ewma.observe(200, 1000);
  assert.equal(ewma.read(1000), 200);
  ewma.observe(10, 1000);
  assert.equal(ewma.read(1000), 200, 'no time has passed, so a fast answer weighs nothing');
  ewma.observe(10, 11_000);
  assert.ok(Math.abs(ewma.read(11_000) - (10 + 190 * Math.exp(-1))) < 1e-9);
  ewma.observe(Number.NaN, 12_000);
  ewma.observe(-5, 12_000);
  assert.ok(ewma.read(21_000) < ewma.read(11_000));
});

test('latency prefers fast endpoints, counts what they have in flight, and weights', async () => {
  const deps = world();
  const balancer = balancerOf('latency', { '10.0.0.1:80': 100, '10.0.0.2:80': 100 }, deps);
  const [a, b] = endpointsOf(deps);
  a!.observeLatency(100);
  b!.observeLatency(40);
  assert.equal(balancer.pick(anybody), b);
  b!.active = 2;
  assert.equal(balancer.pick(anybody), a, '40 ms times three is more than 100 ms');
  b!.active = 0;
  b!.failed('invalid_response');
  assert.equal(balancer.pick(anybody), a, 'a failure is not a fast answer');
  b!.succeeded(200);
  await deps.clock.advance(60_000);
  a!.observeLatency(50);
  assert.equal(balancer.pick(anybody), b, 'the penalty wears off');
});

test('a new endpoint starts at the average of the others', () => {
  const deps = world();
  const before = balancerOf('latency', { '10.0.0.1:80': 100, '10.0.0.2:80': 100 }, deps);
  const [a, b] = endpointsOf(deps);
  a!.observeLatency(100);
  b!.observeLatency(300);
  const after = balancerOf('latency', { '10.0.0.1:80': 100, '10.0.0.2:80': 100, '10.0.0.3:80': 100 }, deps);
  before.release();
  const c = endpointsOf(deps).find((endpoint) => endpoint.ip === '10.0.0.3')!;
  assert.equal(Math.round(c.ewma!.read(deps.clock.now())), 200);
  assert.equal(after.pick(anybody), a);
});

test('observeLatency does nothing under other algorithms', () => {
  const deps = world();
  balancerOf('round-robin', { '10.0.0.1:80': 1 }, deps);
  const [endpoint] = endpointsOf(deps);
  endpoint!.observeLatency(5);
  assert.equal(endpoint!.ewma, undefined);
});

test('an older generation keeps picking after the algorithm has changed', () => {
  const deps = world();
  const old = balancerOf('latency', { '10.0.0.1:80': 1, '10.0.0.2:80': 1 }, deps);
  balancerOf('round-robin', { '10.0.0.1:80': 1, '10.0.0.2:80': 1 }, deps);
  assert.ok(picked(old.pick(anybody)));
});

test('no algorithm ever picks what is unhealthy, weightless or gone while a healthy one exists', () => {
  const clock = new FakeClock(42);
  for (const algorithm of ['round-robin', 'least-connections', 'latency', 'consistent-hashing'] as const) {
    for (let round = 0; round < 25; round++) {
      const deps = world({ seed: round + 1 });
      const hash_on = algorithm === 'consistent-hashing' ? 'path' : 'none';
      const weights: Record<string, number> = {};
      for (let i = 1 + Math.floor(clock.random() * 8); i >= 0; i--) {
        weights[`10.0.0.${i + 1}:80`] = clock.random() < 0.2 ? 0 : 1 + Math.floor(clock.random() * 200);
      }
      deps.names.answer('pool.test', '10.1.0.1', '10.1.0.2', '10.1.0.3');
      weights['pool.test:80'] = 50;
      const balancer = createBalancer(
        { kind: 'upstream', upstream: upstream({ algorithm, hash_on }), targets: targets(weights) },
        deps,
      );
      const gone = new Set<string>();
      for (let step = 0; step < 60; step++) {
        const dice = clock.random();
        if (dice < 0.3) {
          const names = Object.keys(weights);
          const target = names[Math.floor(clock.random() * names.length)]!;
          deps.board.setHealth('u1', target, undefined, clock.random() < 0.5);
        } else if (dice < 0.4) {
          const present = ['10.1.0.1', '10.1.0.2', '10.1.0.3'].filter(() => clock.random() < 0.6);
          if (present.length > 0) deps.names.answer('pool.test', ...present);
          for (const ip of ['10.1.0.1', '10.1.0.2', '10.1.0.3']) {
            if (present.length === 0) break;
            if (present.includes(ip)) gone.delete(ip);
            else gone.add(ip);
          }
        }
        const exists = endpointsOf(deps).some((e) => e.references > 0 && e.weight > 0 && !e.unhealthy);
        const choice = balancer.pick(request({ path: `/${clock.random()}` }));
        if (typeof choice === 'string') {
          assert.equal(choice, 'no_peer');
          assert.ok(!exists, 'refused although a healthy endpoint exists');
          continue;
        }
        const endpoint = picked(choice);
        assert.ok(!endpoint.unhealthy && endpoint.weight > 0 && !gone.has(endpoint.ip));
        if (clock.random() < 0.5) endpoint.active++;
        endpoint.observeLatency(clock.random() * 100);
      }
    }
  }
});

function endpointsOf(deps: World) {
  return [...(deps.registry.groups.get('u1')?.endpoints.values() ?? [])];
}
