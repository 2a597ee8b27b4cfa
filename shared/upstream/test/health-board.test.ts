import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Healthchecks } from '../../config/entities.ts';
import { createBalancer } from '../balancer/create-balancer.ts';
import type { LiveEndpoint } from '../balancer/live-endpoint.ts';
import type { CheckKind, HealthEvent, Outcome } from '../health/board.ts';
import { healthchecks, picked, request, targets, upstream, type World, world } from './fixtures.ts';

const anybody = request();

function setUp(
  checks: Healthchecks,
  deps = world(),
  weights: Record<string, number> = { '10.0.0.1:80': 100 },
) {
  const balancer = createBalancer(
    { kind: 'upstream', upstream: upstream({ healthchecks: checks }), targets: targets(weights) },
    deps,
  );
  return { deps, balancer, endpoint: endpoints(deps)[0]! };
}

function endpoints(deps: World): LiveEndpoint[] {
  return [...deps.registry.groups.get('u1')!.endpoints.values()];
}

const PASSIVE = healthchecks({
  passive: { healthy: { successes: 2 }, unhealthy: { tcp_failures: 2, timeouts: 3, http_failures: 3 } },
});

/** What happens, and whether the endpoint is healthy afterwards (H or U). */
const PASSIVE_TABLE: [string, Healthchecks, string, string][] = [
  // Digits are statuses by their first digit below; c connect, t timeout, i invalid response.
  ['http failures reach their limit', PASSIVE, '500 500 500', 'HHU'],
  ['a success clears the failures', PASSIVE, '500 500 200 500 500 500', 'HHHHHU'],
  ['an orphan status changes nothing', PASSIVE, '500 500 418 500', 'HHHU'],
  ['an orphan status does not help either', PASSIVE, '500 500 500 200 418 200', 'HHUUUH'],
  ['kinds are counted apart', PASSIVE, '500 500 connect timeout timeout 500', 'HHHHHU'],
  ['connect failures', PASSIVE, 'connect connect', 'HU'],
  ['invalid responses count as connection failures', PASSIVE, 'connect invalid_response', 'HU'],
  ['timeouts', PASSIVE, 'timeout timeout timeout', 'HHU'],
  ['504 counts as a timeout', PASSIVE, '504 timeout 504', 'HHU'],
  ['successes bring it back', PASSIVE, 'connect connect 200 200', 'HUUH'],
  ['a failure clears the successes', PASSIVE, 'connect connect 200 500 200 200', 'HUUUUH'],
  [
    'passive checks without successes never bring it back',
    healthchecks({ passive: { unhealthy: { http_failures: 1 } } }),
    '500 200 200 200 200',
    'UUUUU',
  ],
  [
    'a limit of 0 switches a transition off',
    healthchecks({ passive: { unhealthy: { http_failures: 1 } } }),
    'connect connect timeout 504 connect 500',
    'HHHHHU',
  ],
  [
    'a success clears failures also when successes are switched off',
    healthchecks({ passive: { unhealthy: { http_failures: 2 } } }),
    '500 200 500 200 500 500',
    'HHHHHU',
  ],
  ['without checks nothing matters', healthchecks({}), '500 500 connect timeout 503', 'HHHHH'],
  [
    'a status in both lists is healthy',
    healthchecks({
      passive: {
        healthy: { http_statuses: [500] },
        unhealthy: { http_failures: 1, http_statuses: [500, 503] },
      },
    }),
    '500 503',
    'HU',
  ],
];

for (const [name, checks, story, expected] of PASSIVE_TABLE) {
  test(`passive: ${name}`, () => {
    const { endpoint } = setUp(checks);
    let states = '';
    for (const step of story.split(' ')) {
      if (/^\d+$/.test(step)) endpoint.succeeded(Number(step));
      else endpoint.failed(step as 'connect' | 'timeout' | 'invalid_response');
      states += endpoint.unhealthy ? 'U' : 'H';
    }
    assert.equal(states, expected);
  });
}

test('active and passive checks share the counters, each with its own limits', () => {
  const { deps, endpoint } = setUp(
    healthchecks({
      active: { healthy: { interval: 1, successes: 1 }, unhealthy: { interval: 1, http_failures: 5 } },
      passive: { unhealthy: { http_failures: 2 } },
    }),
  );
  endpoint.succeeded(500);
  endpoint.succeeded(500);
  assert.equal(endpoint.unhealthy, true);
  deps.board.status(endpoint, 'active', 418);
  assert.equal(endpoint.unhealthy, true);
  deps.board.status(endpoint, 'active', 200);
  assert.equal(endpoint.unhealthy, false);
  for (let i = 0; i < 4; i++) deps.board.status(endpoint, 'active', 504);
  assert.equal(endpoint.unhealthy, false, 'an active 504 is an http failure');
  deps.board.status(endpoint, 'active', 504);
  assert.equal(endpoint.unhealthy, true);
});

test('statuses beyond the tables are orphans', () => {
  const { endpoint } = setUp(healthchecks({ passive: { unhealthy: { http_failures: 1 } } }));
  for (const status of [0, 999, 1000, -1, 100_000]) endpoint.succeeded(status);
  assert.equal(endpoint.unhealthy, false);
});

test('marks by hand hit all addresses of a target or one, and clear counters', () => {
  const deps = world();
  deps.names.answer('a.test', '10.0.0.1', '10.0.0.2', '::1');
  const { balancer } = setUp(PASSIVE, deps, { 'a.test:80': 100, '10.0.0.9:80': 100 });
  const byIp = () => Object.fromEntries(balancer.health().map(({ ip, health }) => [ip, health]));
  assert.equal(deps.board.setHealth('u1', 'a.test:80', undefined, false), 3);
  assert.deepEqual(byIp(), {
    '10.0.0.1': 'UNHEALTHY',
    '10.0.0.2': 'UNHEALTHY',
    '::1': 'UNHEALTHY',
    '10.0.0.9': 'HEALTHY',
  });
  assert.equal(deps.board.setHealth('u1', 'a.test:80', '10.0.0.2:80', true), 1);
  const expanded = '[0000:0000:0000:0000:0000:0000:0000:0001]:80';
  for (const address of ['[::1]:80', expanded])
    assert.equal(deps.board.setHealth('u1', 'a.test:80', address, true), 1);
  assert.deepEqual(byIp(), {
    '10.0.0.1': 'UNHEALTHY',
    '10.0.0.2': 'HEALTHY',
    '::1': 'HEALTHY',
    '10.0.0.9': 'HEALTHY',
  });
  assert.equal(deps.board.setHealth('u1', 'nothing:80', undefined, true), 0);
  assert.equal(deps.board.setHealth('u2', 'a.test:80', undefined, true), 0);

  const endpoint = endpoints(deps).find(({ ip }) => ip === '10.0.0.9')!;
  endpoint.failed('connect');
  deps.board.setHealth('u1', '10.0.0.9:80', undefined, true);
  endpoint.failed('connect');
  assert.equal(endpoint.unhealthy, false, 'the first failure was forgotten');
});

test('the threshold: the available share must exceed it', () => {
  for (const [threshold, expected] of [
    [0, 1],
    [49, 1],
    [50, 0],
    [75, 0],
  ] as const) {
    const deps = world();
    const { balancer } = setUp(healthchecks({ threshold }), deps, {
      '10.0.0.1:80': 100,
      '10.0.0.2:80': 100,
      '10.0.0.3:80': 0,
    });
    assert.notEqual(balancer.pick(anybody), 'no_peer');
    deps.board.setHealth('u1', '10.0.0.1:80', undefined, false);
    const choice = balancer.pick(anybody);
    assert.equal(choice === 'no_peer' ? 0 : 1, expected, `threshold ${threshold}`);
    deps.board.setHealth('u1', '10.0.0.2:80', undefined, false);
    assert.equal(balancer.pick(anybody), 'no_peer');
  }
});

test('states for people: off without checks and for weight 0, unhealthy wherever it is so', () => {
  const deps = world();
  const { balancer } = setUp(healthchecks({}), deps, {
    '10.0.0.1:80': 100,
    '10.0.0.2:80': 0,
    'gone.test:80': 5,
  });
  deps.names.set('gone.test', { state: 'not_found' });
  const states = () => balancer.health().map(({ target, health }) => `${target} ${health}`);
  assert.deepEqual(states(), [
    '10.0.0.1:80 HEALTHCHECKS_OFF',
    '10.0.0.2:80 HEALTHCHECKS_OFF',
    'gone.test:80 DNS_ERROR',
  ]);
  deps.board.setHealth('u1', '10.0.0.1:80', undefined, false);
  assert.equal(states()[0], '10.0.0.1:80 UNHEALTHY');
});

test('switching the checks off brings everybody back', () => {
  const deps = world();
  const before = setUp(PASSIVE, deps);
  before.endpoint.failed('connect');
  before.endpoint.failed('connect');
  const after = setUp(healthchecks({}), deps);
  before.balancer.release();
  assert.equal(picked(after.balancer.pick(anybody)), before.endpoint);
});

test('a refused generation leaves the limits of the living one in force', () => {
  const deps = world();
  const living = setUp(PASSIVE, deps);
  const refused = setUp(healthchecks({ passive: { unhealthy: { tcp_failures: 100 } } }), deps);
  refused.balancer.release();
  living.endpoint.failed('connect');
  living.endpoint.failed('connect');
  assert.equal(living.endpoint.unhealthy, true);
});

test('only what changes counters is published', () => {
  const { deps, endpoint } = setUp(PASSIVE);
  const published = () =>
    deps.published.splice(0).map(({ outcome, became }) => `${outcome} ${became ?? '-'}`);
  for (let i = 0; i < 10; i++) endpoint.succeeded(200);
  endpoint.succeeded(418);
  assert.deepEqual(published(), []);
  endpoint.succeeded(500);
  endpoint.succeeded(200);
  endpoint.succeeded(200);
  assert.deepEqual(published(), ['http_failure -', 'success -']);
  endpoint.failed('connect');
  endpoint.failed('connect');
  endpoint.failed('connect');
  assert.deepEqual(published(), ['tcp_failure -', 'tcp_failure unhealthy']);
  endpoint.succeeded(200);
  endpoint.succeeded(200);
  endpoint.succeeded(200);
  assert.deepEqual(published(), ['success -', 'success healthy']);
  deps.board.setHealth('u1', '10.0.0.1:80', undefined, false);
  assert.deepEqual(published(), ['mark unhealthy']);
});

test('threads that exchange events agree, whoever sees what', () => {
  const a = setUp(PASSIVE);
  const b = setUp(PASSIVE);
  const exchange = () => {
    for (let rounds = 0; a.deps.published.length + b.deps.published.length > 0; rounds++) {
      assert.ok(rounds < 3, 'the exchange comes to rest');
      const fromA = a.deps.published.splice(0);
      const fromB = b.deps.published.splice(0);
      for (const event of fromA) b.deps.board.receive(structuredClone(event));
      for (const event of fromB) a.deps.board.receive(structuredClone(event));
    }
    assert.equal(a.endpoint.unhealthy, b.endpoint.unhealthy);
  };
  a.endpoint.failed('connect');
  exchange();
  b.endpoint.failed('connect');
  exchange();
  assert.equal(a.endpoint.unhealthy, true);
  assert.equal(a.balancer.pick(anybody), 'no_peer');
  a.endpoint.succeeded(200);
  exchange();
  b.endpoint.succeeded(200);
  exchange();
  assert.equal(a.endpoint.unhealthy, false);

  // Crossing events put the counters apart; a change of state still reaches both.
  const clock = a.deps.clock;
  const act = (one: typeof a) => {
    const dice = clock.random();
    if (dice < 0.5) one.endpoint.succeeded(clock.random() < 0.5 ? 200 : 500);
    else one.endpoint.failed(dice < 0.75 ? 'connect' : 'timeout');
  };
  let changes = 0;
  let last = a.endpoint.unhealthy;
  for (let i = 0; i < 500; i++) {
    if (clock.random() < 0.8) act(a);
    if (clock.random() < 0.8) act(b);
    exchange();
    if (a.endpoint.unhealthy !== last) changes++;
    last = a.endpoint.unhealthy;
  }
  assert.ok(changes > 10, String(changes));
});

test('a thread that starts takes over who is unhealthy', async () => {
  const old = setUp(PASSIVE);
  old.endpoint.failed('connect');
  old.endpoint.failed('connect');
  const deps = world();
  deps.board.import(structuredClone(old.deps.board.export()));
  assert.deepEqual(deps.board.export(), old.deps.board.export());
  const fresh = setUp(PASSIVE, deps);
  assert.equal(fresh.endpoint.unhealthy, true);
  assert.equal(fresh.balancer.pick(anybody), 'no_peer');

  const late = world();
  late.board.import(old.deps.board.export());
  await late.clock.advance(120_000);
  assert.deepEqual(late.board.export(), []);
  assert.equal(setUp(PASSIVE, late).endpoint.unhealthy, false, 'what was taken over does not hold for ever');
});

test('events about addresses that are not known yet are remembered, within a bound', () => {
  const deps = world();
  const event: HealthEvent = {
    upstreamId: 'u1',
    address: 'u1|10.0.0.1|80',
    outcome: 'mark',
    check: 'passive',
    became: 'unhealthy',
  };
  deps.board.receive(event);
  deps.board.receive({ ...event, became: 'healthy' });
  deps.board.receive({ ...event, address: 'x' });
  assert.deepEqual(deps.board.export(), ['x']);
  deps.board.receive(event);
  for (let i = 0; i < 20_000; i++) deps.board.receive({ ...event, address: `other ${i}` });
  assert.equal(deps.board.export().length, 10_000);
  const outcomes: [CheckKind, Outcome] = ['passive', 'success'];
  deps.board.receive({ upstreamId: 'u1', address: 'unknown', check: outcomes[0], outcome: outcomes[1] });
  assert.equal(deps.board.export().length, 10_000);
});
