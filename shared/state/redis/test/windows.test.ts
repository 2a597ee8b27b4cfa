/** Windows counted in Redis: exactness over nodes, what stands in for it, what is handed in later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_REDIS, startRedis, until } from '../../../../test/harness/redis-server.ts';
import type { CounterWindow } from '../../../plugins/contract.ts';
import { createCounterTable } from '../../counter-table.ts';
import { RedisWindows } from '../fixed-windows.ts';
import { RedisUnavailable } from '../shared-state.ts';
import { SyncedWindows } from '../synced-windows.ts';
import { makeState } from './kit.ts';

const skip = NO_REDIS;
const NOW = Date.UTC(2026, 0, 1, 10, 30);
const START = NOW / 1000;
const now = () => NOW;

const window = (key: string, limit: number, seconds = 60): CounterWindow => ({
  key,
  start: START,
  end: START + seconds,
  limit,
});

test('several windows in one take: all count, the first that refuses is named', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  const counted = new RedisWindows([2, 3], { state, prefix: 'p', fallback: undefined, onFallback: () => {} });
  const windows = [window('a', 2), window('b', 3, 3600)];
  const usage: number[] = [];
  const take = () => counted.take(windows, NOW, usage);
  assert.equal(await take(), -1);
  assert.deepEqual(usage, [1, 1]);
  assert.equal(await take(), -1);
  assert.equal(await take(), 0);
  assert.deepEqual(usage, [2, 3]);
  assert.equal(await take(), 0);
  assert.match(await redis.ask('GET', `p:b:${START}`), /4/);
  const ttl = Number((await redis.ask('TTL', `p:b:${START}`)).slice(1));
  assert.ok(ttl > 3590 && ttl <= 3601, `${ttl}`);
});

test('what takes windows may change them at once', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  const counted = new RedisWindows([5], { state, prefix: 'p', fallback: undefined, onFallback: () => {} });
  const one = window('a', 5);
  const taking = counted.take([one], NOW, []);
  one.key = 'other';
  await taking;
  assert.match(await redis.ask('GET', `p:a:${START}`), /1/);
});

test('without Redis: own counters, or an error', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  let fallbacks = 0;
  const options = { state, prefix: 'p', onFallback: () => void fallbacks++ };
  const counters = createCounterTable({ slots: 64, now });
  const tolerant = new RedisWindows([2], { ...options, fallback: counters });
  const strict = new RedisWindows([2], { ...options, fallback: undefined });
  const usage: number[] = [];
  assert.equal(await tolerant.take([window('a', 2)], NOW, usage), -1);
  await redis.kill();
  await until(() => !state.available);
  assert.equal(await tolerant.take([window('a', 2)], NOW, usage), -1);
  assert.deepEqual(usage, [1], 'its own count');
  assert.equal(await tolerant.take([window('a', 2)], NOW, usage), -1);
  assert.equal(await tolerant.take([window('a', 2)], NOW, usage), 0);
  assert.equal(fallbacks, 3);
  await assert.rejects(strict.take([window('a', 2)], NOW, usage), RedisUnavailable);
});

test('synchronised: nodes learn from each other, and hand in what they counted alone', {
  skip,
}, async (t) => {
  const redis = await startRedis(t);
  const make = () => {
    const { state } = makeState(t, { port: redis.port });
    const synced = new SyncedWindows({ state, prefix: 's', intervalMs: 3_600_000, now });
    t.after(() => synced.close());
    return { state, synced, usage: [] as number[] };
  };
  const [one, other] = [make(), make()];
  const windows = [window('a', 5)];
  for (let n = 0; n < 3; n++) assert.equal(one.synced.take(windows, one.usage), -1);
  assert.equal(other.synced.take(windows, other.usage), -1);
  assert.deepEqual([one.usage, other.usage], [[3], [1]]);
  await one.synced.sync();
  await other.synced.sync();
  assert.equal(other.synced.read(windows[0]!), 4);
  assert.equal(other.synced.take(windows, other.usage), -1);
  assert.equal(other.synced.take(windows, other.usage), 0);
  await redis.kill();
  await until(() => !one.state.available);
  assert.equal(one.synced.take(windows, one.usage), -1, 'it knows of three');
  await one.synced.sync();
  assert.equal(one.synced.read(windows[0]!), 4, 'kept');
  await redis.start();
  await until(() => one.state.available);
  await one.synced.sync();
  assert.match(await redis.ask('GET', `s:a:${START}`), /^\$1\r\n1/, 'what had not been handed in');
});

test('synchronised: bounded, and refused requests count nowhere', { skip }, async (t) => {
  const redis = await startRedis(t);
  const { state } = makeState(t, { port: redis.port });
  const synced = new SyncedWindows({ state, prefix: 's', intervalMs: 3_600_000, now, maxWindows: 2 });
  t.after(() => synced.close());
  const usage: number[] = [];
  assert.equal(synced.take([window('a', 9), window('b', 1)], usage), -1);
  assert.equal(synced.take([window('a', 9), window('b', 1)], usage), 1);
  assert.deepEqual(usage, [1, 1]);
  synced.take([window('c', 1)], usage);
  assert.equal(synced.read(window('b', 1)), 1);
  assert.equal(synced.read(window('a', 9)), 0, 'forgotten');
  assert.equal(synced.add(window('d', 1), 5), 5);
});
