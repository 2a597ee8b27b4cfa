/** rate-limiting with a real Redis: exact over nodes, and what it does without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_REDIS, type RedisServer, startRedis, until } from '../../../test/harness/redis-server.ts';
import { createPluginHarness } from '../testkit.ts';
import rateLimiting from './index.ts';

const skip = NO_REDIS;

function node(
  t: { after(end: () => Promise<void>): void },
  redis: RedisServer,
  config: Record<string, unknown>,
) {
  const harness = createPluginHarness(rateLimiting, {
    policy: 'redis',
    redis: { host: '127.0.0.1', port: redis.port, max_wait: 2000 },
    ...config,
  });
  t.after(() => harness.close());
  return harness;
}

test('two nodes and one Redis: of 400 at once exactly 100 pass', { skip }, async (t) => {
  const redis = await startRedis(t);
  const nodes = [node(t, redis, { hour: 100 }), node(t, redis, { hour: 100 })];
  const results = await Promise.all(Array.from({ length: 400 }, (_, n) => nodes[n % 2]!.run()));
  const statuses = results.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 100);
  assert.equal(statuses.filter((status) => status === 429).length, 300);
  const left = results
    .filter(({ status }) => status === 200)
    .map(({ headers }) => headers['ratelimit-remaining']);
  assert.equal(new Set(left).size, 100, 'each was told another rest');
});

test('refused requests count in the other windows too, as in Kong', { skip }, async (t) => {
  const redis = await startRedis(t);
  const h = node(t, redis, { minute: 1, hour: 5 });
  await h.run();
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['x-ratelimit-remaining-hour'], '3');
  assert.equal(refused.headers['retry-after'], '60');
});

test('fault_tolerant: counted within the node until Redis is back', { skip }, async (t) => {
  const redis = await startRedis(t);
  const h = node(t, redis, { hour: 2, redis: { host: '127.0.0.1', port: redis.port, max_wait: 500 } });
  assert.equal((await h.run()).headers['ratelimit-remaining'], '1');
  redis.freeze();
  const alone = [await h.run(), await h.run(), await h.run()];
  assert.deepEqual(
    alone.map(({ status }) => status),
    [200, 200, 429],
  );
  assert.equal(alone[0]!.headers['ratelimit-remaining'], '1');
  assert.match(h.metricsText(), /^cardinal_rate_limiting_fallbacks_total 3$/m);
  redis.thaw();
  await until(() => h.logs.some(({ message }) => message === 'Redis answers again'));
  await h.run();
  assert.equal((await h.run()).status, 429, 'Redis counts again');
});

test('not fault_tolerant: 500 while Redis is away, then as before', { skip }, async (t) => {
  const redis = await startRedis(t);
  const h = node(t, redis, { hour: 5, fault_tolerant: false });
  assert.equal((await h.run()).status, 200);
  await redis.kill();
  const failed = await h.run();
  assert.equal(failed.status, 500);
  assert.equal(failed.exit?.message, 'An unexpected error occurred');
  assert.equal(failed.headers['ratelimit-limit'], undefined);
  await redis.start();
  await until(async () => (await h.run()).status === 200);
});

test('sync_rate: counts here, brought together in Redis', { skip }, async (t) => {
  const redis = await startRedis(t);
  const [one, other] = [
    node(t, redis, { hour: 3, sync_rate: 0.02 }),
    node(t, redis, { hour: 3, sync_rate: 0.02 }),
  ];
  assert.equal((await one.run()).status, 200);
  assert.equal((await one.run()).status, 200);
  assert.equal((await other.run()).headers['ratelimit-remaining'], '2');
  await until(async () => (await other.run()).status === 429);
});
