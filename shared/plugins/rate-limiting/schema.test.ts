/** rate-limiting: what its descriptors and checks say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredPlugin } from '../testkit/configured-plugin.ts';
import rateLimiting from './index.ts';

const read = (config: Record<string, unknown>) => configuredPlugin(rateLimiting, config);

function errors(config: Record<string, unknown>): [string, string][] {
  return read(config).problems.map(({ path, message }) => [path.join('.'), message]);
}

test('defaults', () => {
  assert.deepEqual(
    { ...read({ minute: 5 }).value.config },
    {
      second: null,
      minute: 5,
      hour: null,
      day: null,
      month: null,
      year: null,
      limit_by: 'consumer',
      header_name: null,
      path: null,
      policy: 'local',
      fault_tolerant: true,
      redis: {
        host: null,
        port: 6379,
        timeout: 2000,
        username: null,
        password: null,
        database: 0,
        ssl: false,
        ssl_verify: false,
        server_name: null,
        max_wait: 50,
        sentinel_master: null,
        sentinel_role: null,
        sentinel_nodes: null,
        sentinel_username: null,
        sentinel_password: null,
        cluster_nodes: null,
        cluster_max_redirections: 5,
      },
      hide_client_headers: false,
      error_code: 429,
      error_message: 'API rate limit exceeded',
      sync_rate: -1,
      ietf_headers: false,
    },
  );
});

test('the deprecated redis_* names fill the redis record', () => {
  const old = {
    redis_host: 'h',
    redis_port: 1,
    redis_password: 'p',
    redis_username: 'u',
    redis_ssl: true,
    redis_ssl_verify: true,
    redis_server_name: 's',
    redis_timeout: 3,
    redis_database: 4,
  };
  const defaults = read({ minute: 1 }).value.config['redis'] as object;
  assert.deepEqual(read({ minute: 1, ...old }).value.config['redis'], {
    ...defaults,
    host: 'h',
    port: 1,
    password: 'p',
    username: 'u',
    ssl: true,
    ssl_verify: true,
    server_name: 's',
    timeout: 3,
    database: 4,
  });
});

test('at least one period; longer ones not lower', () => {
  assert.deepEqual(errors({}), [
    [
      '@entity',
      "at least one of these fields must be non-empty: 'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'",
    ],
  ]);
  assert.deepEqual(errors({ minute: 20, hour: 10 }), [
    ['config.@entity', 'The limit for hour(10.0) cannot be lower than the limit for minute(20.0)'],
  ]);
  assert.deepEqual(errors({ second: 1, minute: 1, year: 1 }), []);
});

test('what a choice requires', () => {
  const missing = (path: string, field: string): [string, string][] => [
    [path, 'required field missing'],
    ['@entity', `failed conditional validation given value of field '${field}'`],
  ];
  assert.deepEqual(
    errors({ minute: 1, limit_by: 'header' }),
    missing('config.header_name', 'config.limit_by'),
  );
  assert.deepEqual(errors({ minute: 1, limit_by: 'path' }), missing('config.path', 'config.limit_by'));
  assert.deepEqual(errors({ minute: 1, policy: 'redis' }), missing('config.redis.host', 'config.policy'));
  assert.deepEqual(errors({ minute: 1, policy: 'redis', redis: { host: 'r' } }), []);
  const cluster = { cluster_nodes: [{ host: 'a', port: 1 }] };
  const sentinels = { sentinel_nodes: [{ host: 'a' }], sentinel_master: 'm' };
  assert.deepEqual(errors({ minute: 1, policy: 'redis', redis: cluster }), []);
  assert.deepEqual(errors({ minute: 1, policy: 'redis', redis: sentinels }), []);
  assert.deepEqual(errors({ minute: 1, policy: 'redis', redis: { sentinel_nodes: [{ host: 'a' }] } }), [
    ['config.redis.sentinel_master', 'required with sentinel_nodes'],
  ]);
  assert.deepEqual(errors({ minute: 1, policy: 'redis', redis: { ...cluster, ...sentinels } }), [
    ['config.redis.@entity', 'sentinel_nodes and cluster_nodes cannot both be set'],
  ]);
});

test('sync_rate', () => {
  const redis = { minute: 1, policy: 'redis', redis: { host: 'r' } };
  assert.deepEqual(errors({ minute: 1, sync_rate: 1 }), [
    ['config.@entity', 'sync_rate can only be used with the redis policy'],
  ]);
  assert.deepEqual(errors({ ...redis, sync_rate: 0.01 }), [
    ['config.@entity', 'sync_rate must be greater than 0.02, or -1 to disable'],
  ]);
  assert.deepEqual(errors({ ...redis, sync_rate: 0.02 }), []);
});

test('single fields', () => {
  const of = (field: string, value: unknown) =>
    errors({ minute: 1, [field]: value }).filter(([path]) => path === `config.${field}`)[0]?.[1];
  assert.equal(
    of('header_name', 'x y'),
    "bad header name 'x y', allowed characters are A-Z, a-z, 0-9, '_', and '-'",
  );
  assert.equal(of('header_name', 'X-Team_1'), undefined);
  assert.equal(of('path', 'a'), 'should start with: /');
  assert.equal(of('path', '/a//b'), 'must not have empty segments');
  assert.equal(of('path', '/%zz'), "invalid url-encoded value: '%zz'");
  assert.match(of('path', '/ä') ?? '', /^invalid path: '\/ä'/);
  assert.equal(of('path', '/a%20b'), undefined);
  assert.equal(of('second', 0), 'value must be greater than 0');
  assert.equal(of('error_code', 0), 'value must be greater than 0');
  assert.equal(of('policy', 'none'), 'expected one of: local, cluster, redis');
});

test('old names may stand beside the new ones as long as they say the same', () => {
  const redis = { host: 'r', port: 6379 };
  assert.deepEqual(errors({ minute: 1, redis, redis_host: 'r', redis_port: null }), []);
  assert.deepEqual(errors({ minute: 1, redis: { port: 7000 }, redis_host: 'r' }), []);
  assert.deepEqual(errors({ minute: 1, redis, redis_host: 'other' }), [
    [
      'config.redis_host',
      'both deprecated and new field are used but their values mismatch: redis_host = other vs redis.host = r',
    ],
  ]);
});
