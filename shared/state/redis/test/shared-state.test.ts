/** State in Redis: the bound on waiting, the breaker, coming back, no secret in what is told. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { NO_REDIS, startRedis, startRedisCluster, until } from '../../../../test/harness/redis-server.ts';
import { RedisUnavailable } from '../shared-state.ts';
import { makeState } from './kit.ts';

const skip = NO_REDIS;
/** Far beyond the bound, far below for ever. */
const GENEROUS_MS = 3000;

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('waited for too long')), GENEROUS_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

test('answers at once, also what is asked before there is a connection', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  assert.equal(await state.run((client) => client.incrby('n', 2)), 2);
  assert.equal(await state.run((client) => client.incrby('n', 3)), 5);
  assert.equal(state.available, true);
});

test('frozen: each waits once at most, then nobody; thawed: it is asked again', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state, logs, metricsText } = makeState(t, { port: redis.port, max_wait: 50 });
  await state.run((client) => client.set('a', '1'));
  redis.freeze();
  const waiting = Array.from({ length: 50 }, () => state.run((client) => client.get('a')));
  for (const result of await within(Promise.allSettled(waiting))) {
    assert.equal(result.status, 'rejected');
    assert.ok((result as PromiseRejectedResult).reason instanceof RedisUnavailable);
  }
  assert.equal(state.available, false);
  let asked = 0;
  await assert.rejects(
    state.run((client) => {
      asked++;
      return client.get('a');
    }),
    RedisUnavailable,
  );
  assert.equal(asked, 0, 'nobody is sent into the silence');
  assert.match(metricsText(), /^cardinal_redis_breakers_open\{redis="[^"]+"\} 1$/m);
  assert.match(metricsText(), /^cardinal_redis_failures_total\{redis="[^"]+",reason="timeout"\} 50$/m);
  redis.thaw();
  await until(() => state.available);
  assert.equal(await state.run((client) => client.get('a')), '1');
  assert.match(metricsText(), /^cardinal_redis_breakers_open\{redis="[^"]+"\} 0$/m);
  assert.deepEqual(
    logs.map((line) => line.replace(/ \{.*/, '')),
    ['Redis does not answer: going on without it', 'Redis answers again'],
  );
});

test('killed and started again', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  await state.run((client) => client.set('a', '1'));
  await redis.kill();
  await assert.rejects(within(state.run((client) => client.get('a'))), RedisUnavailable);
  assert.equal(state.available, false);
  await redis.start();
  await until(() => state.available);
  assert.equal(await state.run((client) => client.get('a')), null);
});

test('not there at first', { skip }, async (t) => {
  const redis = await startRedis(t);
  await redis.kill();
  const { state } = makeState(t, { port: redis.port });
  await assert.rejects(within(state.run((client) => client.get('a'))), RedisUnavailable);
  await redis.start();
  await until(() => state.available);
  assert.equal(await state.run((client) => client.incr('a')), 1);
});

test('a peer that accepts and says nothing', async (t) => {
  const { state } = makeState(t, { port: await silentPeer(t), max_wait: 20 });
  await assert.rejects(within(state.run((client) => client.get('a'))), RedisUnavailable);
  await assert.rejects(within(state.run((client) => client.get('a'))), /breaker is open/);
});

test('what Redis refuses is an error like any other, and is told without the password', {
  skip,
}, async (t) => {
  const redis = await startRedis(t, { configuration: ['requirepass s3cret'] });
  const { state, logs } = makeState(t, { port: redis.port, password: 'wr0ng' });
  await assert.rejects(within(state.run((client) => client.get('a'))), RedisUnavailable);
  await until(() => logs.length > 0);
  assert.ok(!logs.join().includes('wr0ng'));
  const right = makeState(t, { port: redis.port, password: 's3cret', database: 3 });
  await right.state.run((client) => client.set('a', '1'));
  await assert.rejects(
    right.state.run((client) => client.incr('a').then(() => client.hget('a', 'x'))),
    /WRONGTYPE/,
  );
  await until(() => right.state.available);
});

test('a cluster', { skip }, async (t) => {
  const servers = await startRedisCluster(t);
  const { state } = makeState(t, {
    host: null,
    max_wait: 5000,
    cluster_nodes: [{ host: '127.0.0.1', port: servers[1]!.port }],
  });
  for (const key of ['a', 'b', 'c', 'd']) assert.equal(await state.run((client) => client.incr(key)), 1, key);
});

test('closing ends everything, also while it is unavailable', { skip }, async (t) => {
  const { state } = makeState(t, { port: 1 });
  await assert.rejects(within(state.run((client) => client.get('a'))), RedisUnavailable);
  await within(state.close());
  await assert.rejects(
    state.run((client) => client.get('a')),
    RedisUnavailable,
  );
});

async function silentPeer(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}
