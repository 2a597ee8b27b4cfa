/** rate-limiting-advanced: what its descriptors and checks say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredPlugin } from '../testkit/configured-plugin.ts';
import plugin from './index.ts';

const read = (config: Record<string, unknown>) => configuredPlugin(plugin, config);
const errors = (config: Record<string, unknown>) =>
  read(config).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
const GOOD = { limit: [5], window_size: [60] };

test('defaults', () => {
  const { redis, ...rest } = read(GOOD).value.config as Record<string, unknown>;
  assert.deepEqual(rest, {
    limit: [5],
    window_size: [60],
    window_type: 'sliding',
    identifier: 'consumer',
    header_name: null,
    path: null,
    namespace: null,
    strategy: 'local',
    sync_rate: null,
    dictionary_name: 'kong_rate_limiting_counters',
    retry_after_jitter_max: 0,
    hide_client_headers: false,
    ietf_headers: false,
    disable_penalty: false,
    error_code: 429,
    error_message: 'API rate limit exceeded',
  });
  assert.equal((redis as Record<string, unknown>)['port'], 6379);
});

test('windows and limits', () => {
  assert.deepEqual(errors({}), [
    'config.limit: required field missing',
    'config.window_size: required field missing',
  ]);
  assert.deepEqual(errors({ limit: [1, 2], window_size: [60] }), [
    'config.@entity: You must provide the same number of windows and limits',
  ]);
  assert.deepEqual(errors({ limit: [1, 2], window_size: [60, 60] }), [
    'config.window_size: every window must have another size',
  ]);
  assert.match(errors({ limit: [0], window_size: [1] })[0]!, /value must be greater than 0/);
});

test('what a choice requires', () => {
  assert.match(
    errors({ ...GOOD, strategy: 'redis', sync_rate: 0 })[0]!,
    /config.redis.host: required field missing/,
  );
  const redis = { ...GOOD, strategy: 'redis', redis: { host: 'r' } };
  assert.deepEqual(errors(redis), ['config.@entity: sync_rate is required if not using a local strategy']);
  assert.deepEqual(errors({ ...redis, sync_rate: 0 }), []);
  assert.deepEqual(errors({ ...redis, sync_rate: 0.01 }), [
    'config.@entity: Config option `sync_rate` must not be between 0 and 0.02',
  ]);
  assert.match(errors({ ...GOOD, identifier: 'header' })[0]!, /config.header_name: required field missing/);
  assert.match(errors({ ...GOOD, identifier: 'path' })[0]!, /config.path: required field missing/);
});
