import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onCores, parseCoreList, place } from '../measure/placement.ts';

test('a list of cores is read with its ranges', () => {
  assert.deepEqual(parseCoreList('0-2,5,7-8'), [0, 1, 2, 5, 7, 8]);
  assert.throws(() => parseCoreList('all'), /not a list of cores/);
});

test('the proxy never shares its core', () => {
  for (let count = 2; count <= 8; count++) {
    const placement = place(Array.from({ length: count }, (_, core) => core));
    const others = [placement.load, placement.origin];
    assert.ok(placement.proxy !== null && !others.includes(placement.proxy), `${count} cores`);
    if (placement.secondProxy !== null) {
      assert.ok(!others.includes(placement.secondProxy) && placement.secondProxy !== placement.proxy);
    }
    assert.equal(placement.secondProxy !== null, count >= 4);
    assert.equal(placement.load !== placement.origin, count >= 3);
  }
});

test('nothing is pinned on one core', () => {
  const placement = place([3]);
  assert.equal(placement.proxy, null);
  assert.deepEqual(onCores([placement.proxy], 'nginx', ['-v']), { command: 'nginx', args: ['-v'] });
});

test('a pinned command runs under taskset', () => {
  assert.deepEqual(onCores([2, 3], 'nginx', ['-v']), {
    command: 'taskset',
    args: ['-c', '2,3', 'nginx', '-v'],
  });
});
