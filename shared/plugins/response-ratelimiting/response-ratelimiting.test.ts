/** response-ratelimiting: what responses use, what is told, what is refused; the same with Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_REDIS, startRedis, until } from '../../../test/harness/redis-server.ts';
import { configuredPlugin } from '../testkit/configured-plugin.ts';
import { createPluginHarness, type HarnessResult } from '../testkit.ts';
import plugin from './index.ts';

const skip = NO_REDIS;
const harness = (config: Record<string, unknown>) => createPluginHarness(plugin, config);
const uses = (text: string) => ({ headers: { 'X-Kong-Limit': text } });
const told = (result: HarnessResult) =>
  Object.fromEntries(Object.entries(result.headers).filter(([name]) => /ratelimit|x-kong-limit/.test(name)));
const LIMITS = { video: { minute: 3, hour: 10 }, image: { hour: 2 } };

test('is Kong’s: name and priority', () => {
  assert.equal(plugin.name, 'response-ratelimiting');
  assert.equal(plugin.priority, 900);
});

test('schema: defaults and messages', () => {
  const { value, problems } = configuredPlugin(plugin, { limits: LIMITS });
  assert.deepEqual(problems, []);
  const { redis, limits, ...rest } = value.config as Record<string, unknown>;
  assert.deepEqual(rest, {
    header_name: 'x-kong-limit',
    limit_by: 'consumer',
    policy: 'local',
    fault_tolerant: true,
    block_on_first_violation: false,
    hide_client_headers: false,
  });
  assert.equal((redis as Record<string, unknown>)['host'], null);
  assert.equal((limits as typeof LIMITS).video.minute, 3);
  const message = (config: Record<string, unknown>) =>
    configuredPlugin(plugin, config).problems.map((problem) => problem.message)[0];
  assert.equal(message({}), 'required field missing');
  assert.match(message({ limits: {} })!, /length must be at least 1/);
  assert.match(message({ limits: { a: {} } })!, /at least one of these fields must be non-empty/);
  assert.equal(
    message({ limits: { a: { minute: 20, hour: 10 } } }),
    'the limit for hour(10.0) cannot be lower than the limit for minute(20.0)',
  );
  assert.match(message({ limits: LIMITS, policy: 'redis' })!, /required field missing/);
});

test('the upstream hears what is left, its header becomes what the client sees', async () => {
  const h = harness({ limits: LIMITS });
  const first = await h.run({}, uses('video=2, image=1'));
  assert.equal(first.upstream?.headers['x-ratelimit-remaining-video'], '3');
  assert.equal(first.upstream?.headers['x-ratelimit-remaining-image'], '2');
  assert.deepEqual(told(first), {
    'x-ratelimit-limit-video-minute': '3',
    'x-ratelimit-remaining-video-minute': '1',
    'x-ratelimit-limit-video-hour': '10',
    'x-ratelimit-remaining-video-hour': '8',
    'x-ratelimit-limit-image-hour': '2',
    'x-ratelimit-remaining-image-hour': '1',
  });
  const second = await h.run();
  assert.equal(second.upstream?.headers['x-ratelimit-remaining-video'], '1');
  assert.equal(second.headers['x-ratelimit-remaining-video-minute'], '1', 'it used nothing');
});

test('a response that uses what is used up is replaced by an empty 429; others pass', async () => {
  const h = harness({ limits: LIMITS });
  assert.equal((await h.run({}, uses('video=5'))).status, 200, 'the last one may go over');
  const refused = await h.run({}, { ...uses('video=1'), body: 'secret' });
  assert.equal(refused.status, 429);
  assert.equal(refused.body, '');
  assert.equal(refused.headers['x-ratelimit-remaining-video-minute'], '0');
  assert.equal(refused.headers['x-kong-limit'], undefined);
  assert.equal((await h.run({}, uses('image'))).status, 200);
  assert.equal((await h.run()).status, 200);
  h.clock.advance(60_000);
  assert.equal((await h.run({}, uses('video=1'))).status, 200, 'six of ten in the hour');
});

test('block_on_first_violation: nothing goes on any more', async () => {
  const h = harness({ limits: LIMITS, block_on_first_violation: true });
  await h.run({}, uses('image=2'));
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.exit?.message, "API rate limit exceeded for 'image'");
  assert.equal(refused.upstream, undefined);
});

test('what upstreams write: unknown names, bad numbers, several lines; a client cannot say it', async () => {
  const h = harness({ limits: LIMITS, header_name: 'X-Used', hide_client_headers: true });
  const result = await h.run(
    { headers: { 'X-RateLimit-Remaining-video': '999' } },
    {
      headers: [
        ['X-Used', 'video=-1, other=5, video=x, ,=3'],
        ['X-Used', 'video = 1'],
      ],
    },
  );
  assert.equal(result.upstream?.headers['x-ratelimit-remaining-video'], '3');
  assert.deepEqual(told(result), {});
  assert.equal((await h.run()).upstream?.headers['x-ratelimit-remaining-video'], '2');
});

test('redis: nodes count together; without it each alone, or 500', { skip }, async (t) => {
  const redis = await startRedis(t);
  const config = {
    limits: { video: { hour: 5 } },
    policy: 'redis',
    redis: { host: '127.0.0.1', port: redis.port, max_wait: 1000 },
  };
  const [one, other, strict] = [
    harness(config),
    harness(config),
    harness({ ...config, fault_tolerant: false }),
  ];
  for (const h of [one, other, strict]) t.after(() => h.close());
  await one.run({}, uses('video=3'));
  await until(async () => (await other.run()).upstream?.headers['x-ratelimit-remaining-video'] === '2');
  assert.equal((await strict.run()).status, 200);
  redis.freeze();
  const alone = await one.run({}, uses('video=4'));
  assert.equal(alone.status, 200);
  assert.equal(alone.upstream?.headers['x-ratelimit-remaining-video'], '5', 'its own count');
  await until(async () => (await one.run()).upstream?.headers['x-ratelimit-remaining-video'] === '1');
  assert.equal((await strict.run()).status, 500);
  redis.thaw();
  await until(async () => (await one.run()).upstream?.headers['x-ratelimit-remaining-video'] === '2');
});
