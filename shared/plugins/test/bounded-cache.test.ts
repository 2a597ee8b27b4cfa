/** The cache keeps its bound and what is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedCache } from '../bounded-cache.ts';

test('never more than its capacity, and what is asked for stays', () => {
  const cache = new BoundedCache<number>(10);
  cache.set('kept', -1);
  for (let i = 0; i < 1000; i++) {
    cache.set(`k${i}`, i);
    assert.equal(cache.get('kept'), -1, `${i}`);
    assert.ok(cache.size <= 10, `${cache.size}`);
  }
  assert.equal(cache.get('k0'), undefined);
  assert.equal(cache.get('k999'), 999);
});

test('set replaces, delete and clear remove', () => {
  const cache = new BoundedCache<number>(4);
  for (let i = 0; i < 3; i++) cache.set('a', i);
  assert.equal(cache.get('a'), 2);
  assert.equal(cache.size, 1);
  cache.set('b', 1);
  cache.set('c', 1);
  cache.delete('a');
  assert.equal(cache.get('a'), undefined);
  cache.clear();
  assert.equal(cache.size, 0);
});
