import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../../config/entities.ts';
import { createBalancer } from '../balancer/create-balancer.ts';
import { xxhash32 } from '../balancer/xxhash32.ts';
import type { Balancer } from '../contract.ts';
import { picked, request, targets, upstream, world } from './fixtures.ts';

function hashing(
  weights: Record<string, number>,
  changes: Partial<Upstream> = { hash_on: 'path' },
  deps = world(),
): Balancer {
  return createBalancer(
    {
      kind: 'upstream',
      upstream: upstream({ algorithm: 'consistent-hashing', ...changes }),
      targets: targets(weights),
    },
    deps,
  );
}

function nodes(count: number, weight = 100): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`10.0.0.${i + 1}:80`, weight]));
}

function placement(balancer: Balancer, keys = 2000): string[] {
  return Array.from({ length: keys }, (_, i) => picked(balancer.pick(request({ path: `/item/${i}` }))).ip);
}

test('the hash is XXH32', () => {
  // Vectors of the reference implementation, seed 0.
  assert.equal(xxhash32(''), 0x02cc5d05);
  assert.equal(xxhash32('a'), 0x550d7456);
  assert.equal(xxhash32('abc'), 0x32d153ff);
  assert.equal(xxhash32('Nobody inspects the spammish repetition'), 0xe2293b2f);
});

test('the same key goes to the same endpoint, in every process and whatever the order of targets', () => {
  const one = placement(hashing(nodes(5), undefined, world({ seed: 1 })));
  const backwards = Object.fromEntries(Object.entries(nodes(5)).reverse());
  const other = placement(hashing(backwards, undefined, world({ seed: 2 })));
  assert.deepEqual(one, other);
});

test('adding a target moves only what goes to it', () => {
  const before = placement(hashing(nodes(5)));
  const after = placement(hashing(nodes(6)));
  let moved = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] === after[i]) continue;
    moved++;
    // Points that lose a collision to a new one shift, so a few keys may change between old targets.
  }
  const between = before.filter((ip, i) => ip !== after[i] && after[i] !== '10.0.0.6').length;
  assert.ok(moved > 0.08 * before.length && moved < 0.28 * before.length, `${moved} moved`);
  assert.ok(between < 0.05 * before.length, `${between} moved between old targets`);
});

test('a target that is down moves only its own keys', () => {
  const deps = world();
  const balancer = hashing(nodes(5), undefined, deps);
  const before = placement(balancer);
  deps.board.setHealth('u1', '10.0.0.3:80', undefined, false);
  const after = placement(balancer);
  for (let i = 0; i < before.length; i++) {
    if (before[i] === '10.0.0.3') assert.notEqual(after[i], '10.0.0.3');
    else assert.equal(after[i], before[i]);
  }
  assert.ok(new Set(after).size === 4);
});

test('shares follow the weights', () => {
  const share: Record<string, number> = {};
  for (const ip of placement(hashing({ '10.0.0.1:80': 100, '10.0.0.2:80': 300 }), 8000)) {
    share[ip] = (share[ip] ?? 0) + 1;
  }
  const ratio = share['10.0.0.2']! / share['10.0.0.1']!;
  assert.ok(ratio > 2 && ratio < 4.2, String(ratio));
});

test('a continuum with too little room still finds an endpoint', () => {
  const weights = Object.fromEntries(
    Array.from({ length: 1500 }, (_, i) => [`10.0.${i >> 8}.${i & 255}:80`, 1]),
  );
  const balancer = hashing(weights, { hash_on: 'path', slots: 1000 });
  assert.ok(placement(balancer, 100).every((ip) => ip.startsWith('10.0.')));
});

test('tried endpoints are avoided, and the way on is the same for everybody', () => {
  const balancer = hashing(nodes(4));
  const key = { path: '/x' };
  const first = picked(balancer.pick(request(key)));
  const second = picked(balancer.pick(request(key, [first])));
  assert.notEqual(second, first);
  assert.equal(balancer.pick(request(key, [first])), second);
  const all = [1, 2].reduce(
    (tried) => [...tried, picked(balancer.pick(request(key, tried)))],
    [first, second],
  );
  assert.equal(new Set(all).size, 4);
  assert.equal(balancer.pick(request(key, all)), first, 'all tried: back to the first');
});

test('every source is read, and nothing else', () => {
  const cases: [Partial<Upstream>, string][] = [
    [{ hash_on: 'ip' }, 'ip'],
    [{ hash_on: 'consumer' }, 'consumer'],
    [{ hash_on: 'path' }, 'path'],
    [{ hash_on: 'header', hash_on_header: 'x-user' }, 'header:x-user'],
    [{ hash_on: 'cookie', hash_on_cookie: 'sid' }, 'cookie:sid'],
    [{ hash_on: 'query_arg', hash_on_query_arg: 'q' }, 'query:q'],
    [{ hash_on: 'uri_capture', hash_on_uri_capture: 'id' }, 'capture:id'],
    [
      {
        hash_on: 'header',
        hash_on_header: 'x-none',
        hash_fallback: 'header',
        hash_fallback_header: 'x-user',
      },
      'header:x-user',
    ],
    [{ hash_on: 'consumer', hash_fallback: 'query_arg', hash_fallback_query_arg: 'q' }, 'query:q'],
    [{ hash_on: 'consumer', hash_fallback: 'uri_capture', hash_fallback_uri_capture: '1' }, 'capture:1'],
    [{ hash_on: 'consumer', hash_fallback: 'cookie', hash_on_cookie: 'sid' }, 'cookie:sid'],
  ];
  for (const [changes, source] of cases) {
    const balancer = hashing(nodes(8), changes);
    const places = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const asked = request({ [source]: `value ${i}` });
      const endpoint = picked(balancer.pick(asked));
      assert.equal(asked.issuedCookie, undefined);
      places.add(endpoint.ip);
      assert.equal(balancer.pick(request({ [source]: `value ${i}`, 'header:other': `${i}` })), endpoint);
    }
    assert.equal(places.size, 8, `${source} spreads`);
  }
});

test('the primary source wins over the fallback', () => {
  const changes = { hash_on: 'header', hash_on_header: 'a', hash_fallback: 'ip' } as const;
  const balancer = hashing(nodes(8), changes);
  const endpoint = balancer.pick(request({ 'header:a': 'x', ip: '192.0.2.1' }));
  for (let i = 0; i < 20; i++) {
    assert.equal(balancer.pick(request({ 'header:a': 'x', ip: `192.0.2.${i}` })), endpoint);
  }
});

test('requests that have nothing to hash share one endpoint', () => {
  const balancer = hashing(nodes(8), { hash_on: 'header', hash_on_header: 'a' });
  const chosen = new Set(Array.from({ length: 50 }, () => balancer.pick(request())));
  assert.equal(chosen.size, 1);
});

test('without the cookie one is issued, used for all attempts, and leads back to the same endpoint', () => {
  const balancer = hashing(nodes(8), {
    hash_on: 'cookie',
    hash_on_cookie: 'sid',
    hash_on_cookie_path: '/shop',
  });
  const chosen = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const asked = request();
    const endpoint = picked(balancer.pick(asked));
    const cookie = asked.issuedCookie!;
    const value = /^sid=([0-9a-f-]{36}); Path=\/shop; SameSite=Lax; HttpOnly$/.exec(cookie)?.[1];
    assert.ok(value, cookie);
    assert.equal(balancer.pick(asked), endpoint);
    assert.equal(asked.issuedCookie, cookie, 'not issued again');
    assert.equal(balancer.pick(request({ 'cookie:sid': value })), endpoint);
    chosen.add(endpoint.ip);
  }
  assert.ok(chosen.size > 4);
});
