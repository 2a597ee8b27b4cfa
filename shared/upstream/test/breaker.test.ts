import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BalancerOptions, createBalancer } from '../balancer/create-balancer.ts';
import { Breaker, type BreakerOptions } from '../breaker.ts';
import { FakeClock } from './fake-clock.ts';
import { picked, request, targets, upstream, world } from './fixtures.ts';

const anybody = request();

function setUp(options: BreakerOptions = {}) {
  const clock = new FakeClock();
  const states: string[] = [];
  const owner = {
    allowed: true,
    mayOpen: () => owner.allowed,
    changed: (from: string, to: string) => states.push(`${from}>${to}`),
  };
  const breaker = new Breaker({ jitter: 0, ...options }, clock, owner);
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.failure(breaker.epoch);
  };
  return { clock, states, owner, breaker, fail };
}

test('consecutive failures open it; a success in between starts anew', () => {
  const { breaker, fail } = setUp();
  fail(4);
  breaker.success(breaker.epoch);
  fail(4);
  assert.equal(breaker.state, 'closed');
  fail(1);
  assert.equal(breaker.state, 'open');
});

test('429 neither counts nor clears while closed', () => {
  const { breaker, fail } = setUp();
  fail(4);
  breaker.rateLimited(breaker.epoch);
  assert.equal(breaker.state, 'closed');
  fail(1);
  assert.equal(breaker.state, 'open');
});

test('after the open time exactly one trial is admitted', async () => {
  const { breaker, fail, clock, states } = setUp();
  assert.equal(breaker.admitTrial(), false, 'closed: nothing to try');
  fail(5);
  await clock.advance(9999);
  assert.equal(breaker.admitTrial(), false);
  await clock.advance(1);
  assert.equal(breaker.admitTrial(), true);
  assert.equal(breaker.admitTrial(), false);
  breaker.success(breaker.epoch);
  assert.deepEqual(states, ['closed>open', 'open>probation', 'probation>closed']);
  fail(4);
  assert.equal(breaker.state, 'closed', 'the counter started anew');
});

test('a failing trial doubles the time, up to the maximum', async () => {
  const { breaker, fail, clock } = setUp({ baseOpenMs: 10_000, maxOpenMs: 60_000 });
  fail(5);
  for (const openMs of [10_000, 20_000, 40_000, 60_000, 60_000]) {
    await clock.advance(openMs - 1);
    assert.equal(breaker.admitTrial(), false, `${openMs}`);
    await clock.advance(1);
    assert.equal(breaker.admitTrial(), true, `${openMs}`);
    breaker.failure(breaker.epoch);
    assert.equal(breaker.state, 'open');
  }
});

test('a trial that is turned away with 429 keeps it open', async () => {
  const { breaker, fail, clock } = setUp();
  fail(5);
  await clock.advance(10_000);
  breaker.admitTrial();
  breaker.rateLimited(breaker.epoch);
  assert.equal(breaker.state, 'open');
});

test('healthy time forgives doublings one by one', async () => {
  const { breaker, fail, clock } = setUp();
  const openFor = async () => {
    let ms = 0;
    while (!breaker.admitTrial()) {
      await clock.advance(1000);
      ms += 1000;
    }
    return ms;
  };
  fail(5);
  assert.equal(await openFor(), 10_000);
  breaker.success(breaker.epoch);
  fail(5);
  assert.equal(await openFor(), 20_000);
  breaker.success(breaker.epoch);
  await clock.advance(10_000);
  fail(5);
  assert.equal(await openFor(), 20_000);
  breaker.success(breaker.epoch);
  await clock.advance(60_000);
  fail(5);
  assert.equal(await openFor(), 10_000);
});

test('jitter only lengthens, by its share at most', async () => {
  const lengths = new Set<number>();
  for (let seed = 1; seed <= 50; seed++) {
    const clock = new FakeClock(seed);
    const breaker = new Breaker({ jitter: 0.2 }, clock, { mayOpen: () => true, changed: () => {} });
    for (let i = 0; i < 5; i++) breaker.failure(breaker.epoch);
    let ms = 0;
    while (!breaker.admitTrial()) {
      await clock.advance(100);
      ms += 100;
    }
    assert.ok(ms >= 10_000 && ms <= 12_000, String(ms));
    lengths.add(ms);
  }
  assert.ok(lengths.size > 10);
});

test('late answers to requests sent before it opened change nothing', async () => {
  const { breaker, fail, clock } = setUp();
  const early = breaker.epoch;
  fail(5);
  breaker.success(early);
  assert.equal(breaker.state, 'open');
  await clock.advance(10_000);
  breaker.admitTrial();
  breaker.success(early);
  breaker.failure(early);
  breaker.rateLimited(early);
  breaker.abandoned(early);
  assert.equal(breaker.state, 'probation');
  assert.equal(breaker.admitTrial(), false);
  const trial = breaker.epoch;
  breaker.success(trial);
  assert.equal(breaker.state, 'closed');
});

test('a trial that is abandoned or silent makes room for another', async () => {
  const { breaker, fail, clock } = setUp({ trialTimeoutMs: 5000 });
  fail(5);
  await clock.advance(10_000);
  breaker.admitTrial();
  breaker.abandoned(breaker.epoch);
  assert.equal(breaker.admitTrial(), true);
  const silent = breaker.epoch;
  await clock.advance(4999);
  assert.equal(breaker.admitTrial(), false);
  await clock.advance(1);
  assert.equal(breaker.admitTrial(), true);
  breaker.success(silent);
  assert.equal(breaker.state, 'probation', 'the silent one is too late');
});

test('it stays closed while it may not open, and opens with the next failure after', () => {
  const { breaker, fail, owner } = setUp();
  owner.allowed = false;
  fail(20);
  assert.equal(breaker.state, 'closed');
  owner.allowed = true;
  fail(1);
  assert.equal(breaker.state, 'open');
});

function balancerOf(
  count: number,
  breaker: BreakerOptions,
  deps = world(),
  onBreaker?: BalancerOptions['onBreaker'],
) {
  const weights = Object.fromEntries(Array.from({ length: count }, (_, i) => [`10.0.0.${i + 1}:80`, 1]));
  const balancer = createBalancer(
    { kind: 'upstream', upstream: upstream(), targets: targets(weights) },
    deps,
    { breaker, ...(onBreaker === undefined ? {} : { onBreaker }) },
  );
  const endpoints = [...deps.registry.groups.get('u1')!.endpoints.values()];
  return { balancer, endpoints, deps };
}

function failAll(endpoints: ReturnType<typeof balancerOf>['endpoints'], kind: 'connect' | 502): void {
  for (const endpoint of endpoints) {
    for (let i = 0; i < 5; i++) kind === 502 ? endpoint.succeeded(502) : endpoint.failed(kind);
  }
}

test('at most half of the endpoints are open, and one is always left', () => {
  for (const [count, open] of [
    [2, 1],
    [3, 1],
    [4, 2],
    [10, 5],
  ] as const) {
    const { balancer, endpoints } = balancerOf(count, {});
    failAll(endpoints, 'connect');
    assert.equal(endpoints.filter(({ breakerState }) => breakerState === 'open').length, open, `${count}`);
    for (let i = 0; i < 20; i++) assert.equal(picked(balancer.pick(anybody)).breakerState, 'closed');
  }
});

test('unhealthy endpoints are not what is left', () => {
  const { endpoints, deps } = balancerOf(4, {});
  for (const target of ['10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'])
    deps.board.setHealth('u1', target, undefined, false);
  failAll([endpoints[0]!], 'connect');
  assert.equal(endpoints[0]!.breakerState, 'closed');
});

test('a single endpoint opens too and fails fast, unless the last is to be kept', async () => {
  const open = balancerOf(1, { jitter: 0 });
  failAll(open.endpoints, 502);
  assert.equal(open.balancer.pick(anybody), 'no_peer');
  assert.equal(open.balancer.health()[0]?.breaker, 'open');
  await open.deps.clock.advance(10_000);
  const trial = picked(open.balancer.pick(anybody));
  assert.equal(trial, open.endpoints[0]);
  assert.equal(open.balancer.pick(anybody), 'no_peer', 'one trial only');
  assert.equal(open.balancer.health()[0]?.breaker, 'probation');
  trial.succeeded(200, trial.epoch);
  for (let i = 0; i < 3; i++) assert.equal(open.balancer.pick(anybody), trial);

  const kept = balancerOf(1, { keepLast: true });
  failAll(kept.endpoints, 'connect');
  assert.equal(kept.balancer.pick(anybody), kept.endpoints[0]);
});

test('the trial is one request among those of the others, and never a retry of its own failure', async () => {
  const { balancer, endpoints, deps } = balancerOf(2, { jitter: 0 });
  const bad = endpoints[0]!;
  failAll([bad], 'connect');
  await deps.clock.advance(10_000);
  assert.notEqual(balancer.pick(request({}, [bad])), bad);
  const picks = Array.from({ length: 10 }, () => balancer.pick(anybody));
  assert.equal(picks.filter((endpoint) => endpoint === bad).length, 1);
  bad.failed('timeout', bad.epoch);
  assert.equal(bad.breakerState, 'open');
});

test('statuses: 502, 503 and 504 count, other answers clear', () => {
  const { endpoints } = balancerOf(1, {});
  const [endpoint] = endpoints;
  for (const status of [502, 503, 504, 502]) endpoint!.succeeded(status);
  endpoint!.succeeded(500);
  for (const status of [502, 503, 504, 502]) endpoint!.succeeded(status);
  assert.equal(endpoint!.breakerState, 'closed');
  endpoint!.failed('invalid_response');
  assert.equal(endpoint!.breakerState, 'open');
});

test('without a breaker nothing opens', () => {
  const deps = world();
  const balancer = createBalancer({ kind: 'host', host: '10.0.0.1', port: 80 }, deps);
  const endpoint = picked(balancer.pick(anybody));
  for (let i = 0; i < 50; i++) endpoint.failed('connect');
  assert.equal(balancer.pick(anybody), endpoint);
  assert.equal(balancer.health()[0]?.breaker, undefined);
  assert.equal(endpoint.epoch, 0);
});

test('state survives a new generation with the same options; transitions are told', () => {
  const told: string[] = [];
  const deps = world();
  const before = balancerOf(2, { jitter: 0 }, deps, (endpoint, from, to) =>
    told.push(`${endpoint.ip} ${from} ${to}`),
  );
  failAll([before.endpoints[0]!], 'connect');
  assert.deepEqual(told, ['10.0.0.1 closed open']);
  const after = balancerOf(2, { jitter: 0 }, deps);
  before.balancer.release();
  assert.equal(after.endpoints[0]!.breakerState, 'open');
  const changed = balancerOf(2, { jitter: 0, consecutiveFailures: 2 }, deps);
  after.balancer.release();
  assert.equal(changed.endpoints[0]!.breakerState, 'closed');
  for (let i = 0; i < 4; i++) assert.ok(picked(changed.balancer.pick(anybody)).usable);
});

test('balancers with and without a breaker on one upstream do not reset it, on hosts they are apart', () => {
  const deps = world();
  const source = {
    kind: 'upstream',
    upstream: upstream(),
    targets: targets({ '10.0.0.1:80': 1, '10.0.0.2:80': 1 }),
  } as const;
  const make = () => [createBalancer(source, deps, { breaker: { jitter: 0 } }), createBalancer(source, deps)];
  const before = make();
  const [endpoint] = deps.registry.groups.get('u1')!.endpoints.values();
  failAll([endpoint!], 'connect');
  const after = make();
  for (const balancer of before) balancer.release();
  assert.equal(endpoint!.breakerState, 'open');
  for (const balancer of after) for (let i = 0; i < 4; i++) assert.notEqual(balancer.pick(anybody), endpoint);

  const host = { kind: 'host', host: '10.0.0.9', port: 80 } as const;
  const outbound = createBalancer(host, deps, { breaker: {} });
  const local = createBalancer(host, deps);
  failAll([picked(outbound.pick(anybody))], 'connect');
  assert.equal(outbound.pick(anybody), 'no_peer');
  assert.ok(picked(local.pick(anybody)).usable);
});
