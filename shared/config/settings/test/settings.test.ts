import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveSettings, SettingError } from '../resolve.ts';
import { engineSettings } from '../settings.ts';
import { flagSettings, SETTINGS, type SettingName } from '../table.ts';

function resolve(
  env: Record<string, string>,
  flags: [SettingName, string][] = [],
  product: 'gateway' | 'microgateway' = 'gateway',
) {
  return resolveSettings(product, new Map(flags), env);
}

function problem(env: Record<string, string>, flags: [SettingName, string][] = []): SettingError {
  try {
    resolve(env, flags);
  } catch (error) {
    assert.ok(error instanceof SettingError);
    return error;
  }
  throw new Error('it was accepted');
}

test('a flag wins over CARDINAL_, that over KONG_, that over the default, and each value knows its source', () => {
  const env = { CARDINAL_LOG_LEVEL: 'warn', KONG_LOG_LEVEL: 'error', KONG_TRUSTED_IPS: '10.0.0.0/8, ::1' };
  const { values, sources } = resolve(env, [['log_level', 'debug']]);
  assert.equal(values.log_level, 'debug');
  assert.deepEqual(sources.get('log_level'), { kind: 'flag', name: '--log-level' });
  assert.equal(resolve(env).values.log_level, 'warn');
  assert.deepEqual(resolve(env).sources.get('log_level'), {
    kind: 'environment',
    name: 'CARDINAL_LOG_LEVEL',
  });
  assert.deepEqual(values.trusted_ips, ['10.0.0.0/8', '::1']);
  assert.equal(sources.get('trusted_ips')?.name, 'KONG_TRUSTED_IPS');
  assert.equal(sources.get('headers')?.kind, 'default');
});

test("Kong's own names are read under both prefixes", () => {
  assert.equal(resolve({ KONG_NGINX_WORKER_PROCESSES: '3' }).values.workers, 3);
  assert.equal(resolve({ CARDINAL_NGINX_WORKER_PROCESSES: '4', CARDINAL_WORKERS: '2' }).values.workers, 2);
  assert.equal(
    resolve({ KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE: '8m' }).values.client_max_body_size,
    8 * 1024 ** 2,
  );
  assert.equal(resolve({ KONG_PREFIX: '/var/lib/x' }).values.data_dir, '/var/lib/x');
});

test('an empty variable is an unset one', () => {
  assert.equal(resolve({ CARDINAL_WORKERS: '' }).values.workers, 'auto');
});

test('an unknown CARDINAL_ name is refused with a suggestion, an unknown KONG_ name is a notice', () => {
  const error = problem({ CARDINAL_TRUSTED_IP: '10.0.0.1' });
  assert.match(error.message, /CARDINAL_TRUSTED_IP: there is no such setting/);
  assert.match(error.help.join(), /did you mean CARDINAL_TRUSTED_IPS\?/);
  assert.match(problem({ CARDINAL_CONFIG: 'x.yml' }).help.join(), /CARDINAL_DECLARATIVE_CONFIG/);
  const { notices } = resolve({ KONG_PG_HOST: 'db', KONG_ANONYMOUS_REPORTS: 'off' });
  assert.deepEqual(notices, [
    'settings of Kong that have no meaning here are not used: KONG_ANONYMOUS_REPORTS, KONG_PG_HOST',
  ]);
});

test('a setting of the other product is a notice, not an error: two processes may share an environment', () => {
  const { notices, values } = resolve({ CARDINAL_ADMIN_LISTEN: '127.0.0.1:9001' }, [], 'microgateway');
  assert.match(notices[0] ?? '', /CARDINAL_ADMIN_LISTEN is a setting of cardinal gateway/);
  assert.equal(values.status_listen[0]?.port, 8100);
});

test('a wrong value names the setting and where it came from', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { CARDINAL_WORKERS: 'many' },
      /^CARDINAL_WORKERS: must be auto or a whole number from 1 to 256, not 'many'$/,
    ],
    [
      { KONG_TRUSTED_IPS: '10.0.0.0/40' },
      /^KONG_TRUSTED_IPS: '10\.0\.0\.0\/40' is not an IP address or CIDR block$/,
    ],
    [{ CARDINAL_DRAIN_TIMEOUT: '2x' }, /^CARDINAL_DRAIN_TIMEOUT: must be a duration from 0s to 1h/],
    [{ CARDINAL_PROXY_LISTEN: '8000' }, /^CARDINAL_PROXY_LISTEN: '8000' is not HOST:PORT/],
    [
      { KONG_ADMIN_LISTEN: '0.0.0.0:8001, 0.0.0.0:8444 ssl' },
      /^KONG_ADMIN_LISTEN: 'ssl' is not supported here \(0\.0\.0\.0:8444\)$/,
    ],
    [{ CARDINAL_HEADERS: 'server_token' }, /^CARDINAL_HEADERS: 'server_token' is not one of/],
    [{ CARDINAL_NODE_ID: 'me' }, /^CARDINAL_NODE_ID: must be a UUID/],
    [{ CARDINAL_REAL_IP_HEADER: 'a b' }, /^CARDINAL_REAL_IP_HEADER: must be a header name/],
    [{ CARDINAL_MAX_HEADER_COUNT: '3' }, /^CARDINAL_MAX_HEADER_COUNT: must be a whole number from 10/],
    [{ CARDINAL_CLIENT_MAX_BODY_SIZE: '1x' }, /^CARDINAL_CLIENT_MAX_BODY_SIZE: must be a size/],
    [{ CARDINAL_ALLOW_DEBUG_HEADER: 'maybe' }, /must be on or off/],
  ];
  for (const [env, message] of cases) assert.match(problem(env).message, message);
  assert.equal(problem({}, [['workers', '0']]).byFlag, true);
  assert.equal(problem({ CARDINAL_WORKERS: '0' }).byFlag, false);
});

test('where a microgateway sends requests is scheme, host and port alone', () => {
  const to = (text: string) => resolve({}, [['to', text]], 'microgateway').values.to;
  assert.deepEqual(to('http://127.0.0.1:3000'), { protocol: 'http', host: '127.0.0.1', port: 3000 });
  assert.deepEqual(to('localhost:3000'), { protocol: 'http', host: 'localhost', port: 3000 });
  assert.deepEqual(to('https://[::1]'), { protocol: 'https', host: '::1', port: 443 });
  for (const bad of ['http://h:1/p', 'http://u:p@h', 'ftp://h', 'http://h?q', 'http://']) {
    assert.throws(() => to(bad), SettingError, bad);
  }
});

test('sizes and durations are in bytes and milliseconds whatever they are written in', () => {
  const { values } = resolve({
    CARDINAL_MAX_HEADER_BYTES: '16k',
    CARDINAL_HEADER_TIMEOUT: '1500ms',
    KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT: '90',
    CARDINAL_KEEPALIVE_TIMEOUT: '2m',
  });
  const engine = engineSettings(values);
  assert.equal(engine.maxHeaderBytes, 16_384);
  assert.equal(engine.headerTimeoutMs, 1_500);
  assert.equal(engine.upstreamKeepaliveIdleTimeoutMs, 90_000);
  assert.equal(engine.keepaliveTimeoutMs, 120_000);
});

test('every default is valid and can be read back from what is shown; names and flags are unique', () => {
  const names = new Set<string>();
  for (const [name, definition] of SETTINGS) {
    const { type } = definition;
    const value = type.parse(definition.default);
    assert.deepEqual(type.parse(type.show(value)), value, name);
    for (const each of [name, ...definition.aliases]) {
      assert.ok(!names.has(each), each);
      names.add(each);
    }
    assert.ok(definition.description.length > 20, name);
  }
  for (const product of ['gateway', 'microgateway'] as const) {
    const flags = flagSettings(product).map(({ definition }) => definition.flag);
    assert.equal(new Set(flags).size, flags.length);
  }
});

test('times to live of names are handed to the engine in milliseconds; Kong gives bare seconds', () => {
  const ttls = (env: Record<string, string>) => {
    const engine = engineSettings(resolve(env).values);
    return [engine.dnsValidTtlMs, engine.dnsStaleTtlMs, engine.dnsNotFoundTtlMs, engine.dnsErrorTtlMs];
  };
  assert.deepEqual(ttls({}), [0, 3_600_000, 30_000, 1000]);
  const env = { KONG_DNS_VALID_TTL: '60', KONG_DNS_STALE_TTL: '4', KONG_DNS_NOT_FOUND_TTL: '3' };
  assert.deepEqual(ttls({ ...env, CARDINAL_DNS_ERROR_TTL: '250ms' }), [60_000, 4000, 3000, 250]);
});
