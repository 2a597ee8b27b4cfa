import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancerSource, balancerSourceKey } from '../balancer/balancer-source.ts';
import { createBalancer } from '../balancer/create-balancer.ts';
import { parseTarget } from '../balancer/target-address.ts';
import type { Balancer } from '../contract.ts';
import { settle } from './fake-clock.ts';
import { healthchecks, picked, request, targets, upstream, world } from './fixtures.ts';

const anybody = request();

function everyone(balancer: Balancer, picks = 50): string[] {
  const seen = new Set<string>();
  for (let i = 0; i < picks; i++) {
    const endpoint = picked(balancer.pick(anybody));
    seen.add(`${endpoint.ip}:${endpoint.port}`);
  }
  return [...seen].sort();
}

test('targets are read with ports, brackets and the default port', () => {
  assert.deepEqual(parseTarget('API.test:81'), { host: 'api.test', port: 81 });
  assert.deepEqual(parseTarget('10.0.0.1'), { host: '10.0.0.1', port: 8000 });
  assert.deepEqual(parseTarget('[::1]:81'), { host: '::1', port: 81 });
  assert.deepEqual(parseTarget('[::1]'), { host: '::1', port: 8000 });
  assert.deepEqual(parseTarget('::1'), { host: '::1', port: 8000 });
});

test('a service host is an address, an upstream or a DNS name', () => {
  const orders = upstream();
  const list = targets({ '10.0.0.1:80': 1 });
  const upstreams = new Map([['orders', orders]]);
  const byId = new Map([['u1', list]]);
  assert.deepEqual(balancerSource({ host: 'orders', port: 1 }, upstreams, byId), {
    kind: 'upstream',
    upstream: orders,
    targets: list,
  });
  const name = balancerSource({ host: 'Api.test', port: 81 }, upstreams, byId);
  assert.equal(balancerSourceKey(name), 'api.test:81');

  const address = createBalancer({ kind: 'host', host: '[::1]', port: 81 }, world());
  const endpoint = picked(address.pick(anybody));
  assert.deepEqual(
    [endpoint.ip, endpoint.port, endpoint.hostname, endpoint.key],
    ['::1', 81, '::1', '::1|::1|81'],
  );
});

test('a name is waited for once, then its records share the load', async () => {
  const deps = world();
  const balancer = createBalancer({ kind: 'host', host: 'Api.test', port: 81 }, deps);
  assert.equal(balancer.pick(anybody), 'resolving');
  let resolved = false;
  const waiting = balancer.resolved().then(() => {
    resolved = true;
  });
  await settle();
  assert.equal(resolved, false);
  deps.names.answer('api.test', '10.0.0.1', '10.0.0.2');
  await waiting;
  assert.deepEqual(everyone(balancer), ['10.0.0.1:81', '10.0.0.2:81']);
  assert.equal(picked(balancer.pick(anybody)).hostname, 'api.test');
  const kept = everyoneByIp(balancer).get('10.0.0.2');
  deps.names.answer('api.test', '10.0.0.2', '10.0.0.3');
  assert.deepEqual(everyone(balancer), ['10.0.0.2:81', '10.0.0.3:81']);
  assert.equal(everyoneByIp(balancer).get('10.0.0.2'), kept, 'same object');
});

test('a name that does not resolve says why', () => {
  const deps = world();
  const balancer = createBalancer({ kind: 'host', host: 'api.test', port: 81 }, deps);
  deps.names.set('api.test', { state: 'not_found' });
  assert.equal(balancer.pick(anybody), 'dns_not_found');
  deps.names.set('api.test', { state: 'failed', reason: 'ESERVFAIL' });
  assert.equal(balancer.pick(anybody), 'dns_failed');
  assert.deepEqual(balancer.health(), [
    { target: 'api.test:81', ip: '', port: 81, weight: 1, health: 'DNS_ERROR' },
  ]);
  deps.names.answer('api.test', '10.0.0.1');
  assert.equal(picked(balancer.pick(anybody)).ip, '10.0.0.1');
});

test('SRV records bring ports, weights and, if asked, names', () => {
  for (const use_srv_name of [false, true]) {
    const deps = world();
    deps.names.answer(
      'svc.test',
      { ip: '10.0.0.1', port: 1001, weight: 3, name: 'a.test' },
      { ip: '10.0.0.2', port: 1002, weight: 1, name: 'b.test' },
    );
    const balancer = createBalancer(
      { kind: 'upstream', upstream: upstream({ use_srv_name }), targets: targets({ 'svc.test:80': 100 }) },
      deps,
    );
    const counts = new Map<string, number>();
    for (let i = 0; i < 40; i++) {
      const { ip, port, hostname } = picked(balancer.pick(anybody));
      const key = `${ip}:${port} ${hostname}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.deepEqual(
      [...counts].sort(),
      use_srv_name
        ? [
            ['10.0.0.1:1001 a.test', 30],
            ['10.0.0.2:1002 b.test', 10],
          ]
        : [
            ['10.0.0.1:1001 svc.test', 30],
            ['10.0.0.2:1002 svc.test', 10],
          ],
    );
  }
});

test('a target of weight 0 stays off whatever its SRV records say', () => {
  const deps = world();
  deps.names.answer('svc.test', { ip: '10.0.0.1', port: 1001, weight: 3, name: 'a.test' });
  const balancer = createBalancer(
    { kind: 'upstream', upstream: upstream(), targets: targets({ 'svc.test:80': 0 }) },
    deps,
  );
  assert.equal(balancer.pick(anybody), 'no_peer');
  assert.equal(balancer.health()[0]?.health, 'HEALTHCHECKS_OFF');
});

test('two target names on one address are two endpoints with their own names', () => {
  const deps = world();
  deps.names.answer('a.test', '10.0.0.1');
  deps.names.answer('b.test', '10.0.0.1');
  const balancer = createBalancer(
    { kind: 'upstream', upstream: upstream(), targets: targets({ 'a.test:80': 1, 'b.test:80': 1 }) },
    deps,
  );
  const names = new Set([picked(balancer.pick(anybody)).hostname, picked(balancer.pick(anybody)).hostname]);
  assert.deepEqual([...names].sort(), ['a.test', 'b.test']);
});

test('an upstream without targets, or with none resolved, has no peer', () => {
  const deps = world();
  const empty = createBalancer({ kind: 'upstream', upstream: upstream(), targets: [] }, deps);
  assert.equal(empty.pick(anybody), 'no_peer');
  const broken = createBalancer(
    { kind: 'upstream', upstream: upstream({ id: 'u2' }), targets: targets({ 'gone.test:80': 1 }) },
    deps,
  );
  assert.equal(broken.pick(anybody), 'resolving');
  deps.names.set('gone.test', { state: 'not_found' });
  assert.equal(broken.pick(anybody), 'no_peer');
});

test('one slow name does not hold up the others', async () => {
  const deps = world();
  const balancer = createBalancer(
    {
      kind: 'upstream',
      upstream: upstream(),
      targets: targets({ 'a.test:80': 1, 'slow.test:80': 1, 'b.test:80': 1 }),
    },
    deps,
  );
  deps.names.answer('a.test', '10.0.0.1');
  assert.deepEqual(everyone(balancer), ['10.0.0.1:80']);
  deps.names.answer('b.test', '10.0.0.2');
  await deps.clock.advance(50);
  assert.deepEqual(everyone(balancer), ['10.0.0.1:80', '10.0.0.2:80']);
  deps.names.set('slow.test', { state: 'failed', reason: 'ETIMEOUT' });
  await balancer.resolved();
  assert.deepEqual(everyone(balancer), ['10.0.0.1:80', '10.0.0.2:80']);
});

test('endpoints, requests in flight and health survive a new generation', () => {
  const deps = world();
  const source = (weights: Record<string, number>) =>
    ({ kind: 'upstream', upstream: upstream(), targets: targets(weights) }) as const;
  const before = createBalancer(source({ '10.0.0.1:80': 1, '10.0.0.2:80': 1 }), deps);
  const kept = everyoneByIp(before).get('10.0.0.1')!;
  kept.active = 5;
  deps.board.setHealth('u1', '10.0.0.2:80', undefined, false);
  const after = createBalancer(source({ '10.0.0.1:80': 7, '10.0.0.2:80': 1, '10.0.0.3:80': 1 }), deps);
  before.release();
  before.release();
  const members = everyoneByIp(after);
  assert.deepEqual([...members.keys()].sort(), ['10.0.0.1', '10.0.0.3']);
  assert.equal(members.get('10.0.0.1'), kept);
  assert.equal(kept.active, 5);
  assert.equal(kept.weight, 7);
});

test('a removed endpoint drains: it is remembered while it has requests, then forgotten', async () => {
  const deps = world();
  deps.names.answer('api.test', '10.0.0.1', '10.0.0.2');
  const balancer = createBalancer({ kind: 'host', host: 'api.test', port: 80 }, deps);
  const leaving = everyoneByIp(balancer).get('10.0.0.2')!;
  leaving.active = 1;
  deps.names.answer('api.test', '10.0.0.1');
  await deps.clock.advance(30_000);
  assert.equal(deps.registry.size, 2);
  deps.names.answer('api.test', '10.0.0.1', '10.0.0.2');
  assert.equal(everyoneByIp(balancer).get('10.0.0.2'), leaving);
  deps.names.answer('api.test', '10.0.0.1');
  leaving.active = 0;
  await deps.clock.advance(25_000);
  assert.equal(deps.registry.size, 1);
});

test('a released generation can still be picked from', () => {
  const deps = world();
  deps.names.answer('api.test', '10.0.0.1');
  const balancer = createBalancer({ kind: 'host', host: 'api.test', port: 80 }, deps);
  balancer.release();
  assert.equal(picked(balancer.pick(anybody)).ip, '10.0.0.1');
  deps.names.answer('api.test', '10.0.0.9');
  assert.equal(picked(balancer.pick(anybody)).ip, '10.0.0.1');
});

test('who waits for a name is not kept waiting by a release', async () => {
  const deps = world();
  const host = createBalancer({ kind: 'host', host: 'slow.test', port: 80 }, deps);
  const other = createBalancer(
    { kind: 'upstream', upstream: upstream(), targets: targets({ 'slow.test:80': 1 }) },
    deps,
  );
  assert.equal(host.pick(anybody), 'resolving');
  host.release();
  other.release();
  assert.equal(host.pick(anybody), 'dns_failed');
  assert.equal(other.pick(anybody), 'no_peer');
});

test('200 generations leave nothing', async () => {
  const deps = world({ probes: true });
  deps.names.answer('a.test', '10.0.0.1', '10.0.0.2');
  const checks = healthchecks({
    active: { healthy: { interval: 5 } },
    passive: { unhealthy: { http_failures: 3 } },
  });
  for (let i = 0; i < 200; i++) {
    const balancer = createBalancer(
      {
        kind: 'upstream',
        upstream: upstream({
          id: `u${i % 7}`,
          healthchecks: checks,
          algorithm: i % 2 === 0 ? 'latency' : 'round-robin',
        }),
        targets: targets({ 'a.test:80': 1, 'pending.test:80': 1, [`10.0.1.${i}:80`]: 1 }),
      },
      deps,
      { breaker: {} },
    );
    const host = createBalancer({ kind: 'host', host: 'a.test', port: i }, deps);
    for (let pick = 0; pick < 5; pick++) picked(balancer.pick(anybody)).failed('connect');
    balancer.release();
    host.release();
    if (i % 20 === 0) await deps.clock.advance(500);
  }
  await deps.clock.advance(25_000);
  assert.equal(deps.names.watched, 0);
  assert.equal(deps.registry.size, 0);
  assert.equal(deps.registry.groups.size, 0);
  assert.equal(deps.clock.timers, 0);
});

function everyoneByIp(balancer: Balancer) {
  const members = new Map<string, ReturnType<typeof picked>>();
  for (let i = 0; i < 50; i++) {
    const endpoint = picked(balancer.pick(anybody));
    members.set(endpoint.ip, endpoint);
  }
  return members;
}
