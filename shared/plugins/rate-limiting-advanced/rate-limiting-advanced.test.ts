/** rate-limiting-advanced: windows, identifiers, headers, refusals, and the same in a real Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_REDIS, startRedis, until } from '../../../test/harness/redis-server.ts';
import { createCounterTable } from '../../state/counter-table.ts';
import { createPluginHarness, type HarnessOptions, type HarnessResult } from '../testkit.ts';
import plugin from './index.ts';

const skip = NO_REDIS;
const harness = (config: Record<string, unknown>, options: HarnessOptions = {}) =>
  createPluginHarness(plugin, config, options);

const limits = (result: HarnessResult) =>
  Object.fromEntries(Object.entries(result.headers).filter(([name]) => /ratelimit|retry-after/.test(name)));

test('is Kong’s: name and priority', () => {
  assert.equal(plugin.name, 'rate-limiting-advanced');
  assert.equal(plugin.priority, 910);
});

test('sliding: counts down, refuses, and lets in as time goes by', async () => {
  const h = harness({ limit: [2], window_size: [60], disable_penalty: true });
  assert.deepEqual(limits(await h.run()), {
    'x-ratelimit-limit-minute': '2',
    'x-ratelimit-remaining-minute': '1',
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-reset': '66',
  });
  h.clock.advance(30_000);
  assert.equal((await h.run()).status, 200);
  const refused = await h.run();
  assert.equal(refused.status, 429);
  assert.equal(refused.exit?.message, 'API rate limit exceeded');
  assert.equal(refused.headers['ratelimit-remaining'], '0');
  assert.equal(refused.headers['retry-after'], '36');
  h.clock.advance(36_000);
  assert.equal((await h.run()).status, 200);
  assert.equal((await h.run()).status, 429);
});

test('fixed: a window begins anew', async () => {
  const h = harness(
    { limit: [1, 5], window_size: [10, 3600], window_type: 'fixed' },
    { now: Date.UTC(2026, 0, 1, 0, 0, 9) },
  );
  const first = await h.run();
  assert.equal(first.headers['x-ratelimit-limit-10'], '1');
  assert.equal(first.headers['x-ratelimit-remaining-hour'], '4');
  assert.equal(first.headers['ratelimit-reset'], '1');
  assert.equal((await h.run()).status, 429);
  h.clock.advance(1000);
  assert.equal((await h.run()).headers['x-ratelimit-remaining-hour'], '3');
});

test('penalty: refused requests count unless that is disabled', async () => {
  const strict = harness({ limit: [1], window_size: [10] });
  const mild = harness({ limit: [1], window_size: [10], disable_penalty: true });
  for (const h of [strict, mild]) {
    assert.equal((await h.run()).status, 200);
    h.clock.advance(6000);
    assert.equal((await h.run()).status, 429);
    h.clock.advance(6000);
  }
  assert.equal((await strict.run()).status, 429);
  assert.equal((await mild.run()).status, 200);
});

test('namespace: the same one counts together, another does not', async () => {
  const counters = createCounterTable({ slots: 256, now: () => Date.UTC(2026, 0, 1) });
  const make = (namespace: string | null, id: string) =>
    harness({ limit: [1], window_size: [60], namespace }, { counters, plugin: { id } });
  assert.equal((await make('a', '1').run()).status, 200);
  assert.equal((await make('a', '2').run()).status, 429);
  assert.equal((await make('b', '3').run()).status, 200);
  assert.equal((await make(null, '4').run()).status, 200);
  assert.equal((await make(null, '5').run()).status, 200);
});

test('identifiers', async () => {
  const byHeader = harness({ limit: [1], window_size: [60], identifier: 'header', header_name: 'X-Team' });
  assert.equal((await byHeader.run({ headers: { 'X-Team': 'a' } })).status, 200);
  assert.equal((await byHeader.run({ headers: { 'X-Team': 'a' }, ip: '192.0.2.9' })).status, 429);
  assert.equal((await byHeader.run({ headers: { 'X-Team': 'b' } })).status, 200);
  const byPath = harness({ limit: [1], window_size: [60], identifier: 'path', path: '/login' });
  assert.equal((await byPath.run({ path: '/login' })).status, 200);
  assert.equal((await byPath.run({ path: '/login', ip: '192.0.2.9' })).status, 429);
  assert.equal((await byPath.run({ path: '/other' })).status, 200);
});

test('what a client sees: hidden, another error, jitter, the fields of the draft', async (t) => {
  const quiet = harness({
    limit: [1],
    window_size: [60],
    hide_client_headers: true,
    error_code: 503,
    error_message: 'Later',
  });
  assert.deepEqual(limits(await quiet.run()), {});
  const refused = await quiet.run();
  assert.equal(refused.status, 503);
  assert.equal(refused.exit?.message, 'Later');
  assert.deepEqual(limits(refused), {});
  t.mock.method(Math, 'random', () => 0.5);
  const late = harness({ limit: [1], window_size: [60], retry_after_jitter_max: 20, ietf_headers: true });
  const first = await late.run();
  assert.equal(first.headers['ratelimit-policy'], '"minute";q=1;w=60');
  assert.equal(first.headers['ratelimit'], '"minute";r=0;t=66');
  const { headers } = await late.run();
  assert.equal(headers['ratelimit-reset'], '66');
  assert.equal(headers['retry-after'], '76');
});

for (const window_type of ['sliding', 'fixed'] as const) {
  test(`redis, ${window_type}: two nodes, of 400 at once exactly 100 pass`, { skip }, async (t) => {
    const redis = await startRedis(t);
    const config = {
      limit: [100],
      window_size: [3600],
      window_type,
      strategy: 'redis',
      sync_rate: 0,
      redis: { host: '127.0.0.1', port: redis.port, max_wait: 2000 },
    };
    const nodes = [harness(config), harness(config)];
    for (const node of nodes) t.after(() => node.close());
    const results = await Promise.all(Array.from({ length: 400 }, (_, n) => nodes[n % 2]!.run()));
    assert.equal(results.filter(({ status }) => status === 200).length, 100);
    assert.equal(results.filter(({ status }) => status === 429).length, 300);
  });
}

test('redis, sliding: the same verdicts as within a node, for random traffic', { skip }, async (t) => {
  const redis = await startRedis(t);
  const config = { limit: [3, 8], window_size: [1, 10] };
  const here = harness(config);
  const there = harness({
    ...config,
    strategy: 'redis',
    sync_rate: 0,
    redis: { host: '127.0.0.1', port: redis.port, max_wait: 2000 },
  });
  t.after(() => there.close());
  let seed = 7;
  for (let n = 0; n < 300; n++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    const step = seed % 5 === 0 ? seed % 3000 : seed % 400;
    here.clock.advance(step);
    there.clock.advance(step);
    const [one, other] = [await here.run(), await there.run()];
    assert.equal(other.status, one.status, `request ${n}`);
    assert.deepEqual(limits(other), limits(one), `request ${n}`);
  }
});

test('redis: without it the node counts alone', { skip }, async (t) => {
  const redis = await startRedis(t);
  const h = harness({
    limit: [2],
    window_size: [3600],
    strategy: 'redis',
    sync_rate: 0,
    redis: { host: '127.0.0.1', port: redis.port, max_wait: 500 },
  });
  t.after(() => h.close());
  assert.equal((await h.run()).status, 200);
  redis.freeze();
  const statuses = [];
  for (let n = 0; n < 3; n++) statuses.push((await h.run()).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.match(h.metricsText(), /^cardinal_rate_limiting_fallbacks_total 3$/m);
  redis.thaw();
  await until(() => h.logs.some(({ message }) => message === 'Redis answers again'));
});

test('redis: with a sync_rate nodes learn from each other', { skip }, async (t) => {
  const redis = await startRedis(t);
  const config = {
    limit: [3],
    window_size: [3600],
    strategy: 'redis',
    sync_rate: 0.02,
    disable_penalty: true,
    redis: { host: '127.0.0.1', port: redis.port },
  };
  const [one, other] = [harness(config), harness(config)];
  t.after(() => one.close());
  t.after(() => other.close());
  assert.equal((await one.run()).status, 200);
  assert.equal((await one.run()).status, 200);
  assert.equal((await other.run()).status, 200);
  await until(async () => (await other.run()).status === 429);
});
