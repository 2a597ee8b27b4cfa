import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBalancer } from '../balancer/create-balancer.ts';
import { EndpointRegistry } from '../balancer/endpoint-registry.ts';
import { systemClock } from '../clock.ts';
import { createResolver } from '../dns/create-resolver.ts';
import { HealthBoard } from '../health/board.ts';
import { picked, request } from './fixtures.ts';

test('with the real parts, localhost works without any DNS server', async () => {
  const clock = systemClock;
  const board = new HealthBoard({ clock });
  const registry = new EndpointRegistry(clock, board);
  // Nothing listens there.
  const names = createResolver({ servers: ['127.0.0.1:1'] }, clock);
  const deps = { clock, board, registry, names, probes: true };
  for (let i = 0; i < 200; i++) {
    const balancer = createBalancer({ kind: 'host', host: 'localhost', port: 3000 }, deps);
    if (i % 50 === 0) {
      assert.equal(balancer.pick(request()), 'resolving');
      await balancer.resolved();
      const endpoint = picked(balancer.pick(request()));
      assert.equal(endpoint.ip, '127.0.0.1');
      assert.equal(endpoint.key, 'localhost|127.0.0.1|3000');
    }
    balancer.release();
  }
  assert.deepEqual(names.status(), []);
  registry.close();
  names.close();
});
