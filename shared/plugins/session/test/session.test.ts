/** session: a sealed cookie that stands for an authentication, for as long as its limits say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type HarnessResult, type PluginHarness } from '../../testkit.ts';
import session from '../index.ts';
import schema from '../schema.ts';

const ANN = '0a5ef1d2-3c0e-4a6c-9a35-2c6d3fe2b1a1';
const CREDENTIAL = { id: '1b5ef1d2-3c0e-4a6c-9a35-2c6d3fe2b1a1', created_at: 0 };

const make = (config: object = {}, consumers = [{ id: ANN, username: 'ann', custom_id: 'c-1' }]) =>
  createPluginHarness(session, { secret: 'a secret of the tests', ...config }, { consumers });

const setCookies = (result: HarnessResult): string[] => [result.headers['set-cookie'] ?? []].flat();
/** `name=value` of the cookie that was set; undefined when none was. */
const given = (result: HarnessResult, name = 'session') =>
  setCookies(result)
    .find((line) => line.startsWith(`${name}=`))
    ?.split(';', 1)[0];
const logIn = (harness: PluginHarness) =>
  harness.run({ consumer: harness.consumers[0]!, credential: CREDENTIAL });
const withCookie = (harness: PluginHarness, cookie: string | undefined, more: object = {}) =>
  harness.run({ headers: { Cookie: cookie ?? '' }, ...more });

test('is Kong’s: name, priority, scope, protocols, defaults', () => {
  assert.equal(session.priority, 1900);
  assert.deepEqual(schema.noScope, ['consumer']);
  assert.ok(schema.protocols.includes('tcp'));
  const { secret: _, ...config } = make().config;
  assert.deepEqual(
    { ...config },
    {
      previous_secrets: null,
      storage: 'cookie',
      audience: 'default',
      idling_timeout: 900,
      rolling_timeout: 3600,
      absolute_timeout: 86_400,
      stale_ttl: 10,
      cookie_name: 'session',
      cookie_path: '/',
      cookie_domain: null,
      cookie_same_site: 'Strict',
      cookie_http_only: true,
      cookie_secure: true,
      remember: false,
      remember_cookie_name: 'remember',
      remember_rolling_timeout: 604_800,
      remember_absolute_timeout: 2_592_000,
      response_headers: null,
      request_headers: null,
      read_body_for_logout: false,
      logout_methods: ['POST', 'DELETE'],
      logout_query_arg: 'session_logout',
      logout_post_arg: 'session_logout',
      hash_subject: false,
      store_metadata: false,
    },
  );
  assert.match(String(createPluginHarness(session).config['secret']), /^[A-Za-z0-9]{32}$/);
});

test('names of older versions', () => {
  const { config } = make({
    cookie_lifetime: 10,
    cookie_idletime: 11,
    cookie_discard: 12,
    cookie_samesite: 'off',
    cookie_httponly: false,
    cookie_persistent: true,
    cookie_renew: 600,
  });
  assert.equal(config['rolling_timeout'], 10);
  assert.equal(config['idling_timeout'], 11);
  assert.equal(config['stale_ttl'], 12);
  assert.equal(config['cookie_same_site'], 'Lax');
  assert.equal(config['cookie_http_only'], false);
  assert.equal(config['remember'], true);
  assert.equal('cookie_renew' in config, false);
});

test('an authenticated request gets a cookie, and with it nobody has to authenticate', async () => {
  const harness = make();
  const first = await logIn(harness);
  assert.match(
    setCookies(first)[0]!,
    /^session=[A-Za-z0-9_-]{60,}; Path=\/; SameSite=Strict; Secure; HttpOnly$/,
  );
  assert.ok(!setCookies(first).join().includes(ANN), 'nothing can be read in it');
  const headers = { Cookie: `a=b; ${given(first)}; c=d`, 'X-Consumer-Username': 'root' };
  const second = await harness.run({ headers });
  assert.equal(second.consumer?.username, 'ann');
  assert.equal(second.credential?.id, CREDENTIAL.id);
  const sent = second.upstream!.headers;
  assert.equal(sent['x-consumer-username'], 'ann');
  assert.equal(sent['x-consumer-custom-id'], 'c-1');
  assert.equal(sent['x-credential-identifier'], CREDENTIAL.id);
  assert.equal(sent['cookie'], 'a=b; c=d', 'the upstream does not get the session');
  assert.deepEqual(setCookies(second), [], 'no new one each time');
});

test('nobody, and the anonymous consumer, get none', async () => {
  const harness = make();
  assert.deepEqual(setCookies(await harness.run({})), []);
  assert.deepEqual(setCookies(await harness.run({ consumer: harness.consumers[0]! })), []);
});

test('attributes', async () => {
  const harness = make({
    cookie_name: 'sid',
    cookie_path: '/app',
    cookie_domain: 'example.com',
    cookie_same_site: 'Default',
    cookie_http_only: false,
    cookie_secure: false,
  });
  assert.match(setCookies(await logIn(harness))[0]!, /^sid=[^;]+; Path=\/app; Domain=example\.com$/);
  assert.throws(() => make({ cookie_path: '/; Domain=evil' }), /invalid value/);
  assert.throws(() => make({ cookie_domain: 'a;b' }), /invalid value/);
  assert.throws(() => make({ cookie_name: 'a b' }), /bad cookie name/);
});

test('a cookie that was not sealed here is none', async () => {
  const harness = make();
  const cookie = given(await logIn(harness))!;
  const value = cookie.slice('session='.length);
  const bytes = Buffer.from(value, 'base64url');
  const forged = [
    '',
    'x',
    '=',
    value.slice(1),
    `${value}A`,
    `${value}=`,
    'A'.repeat(value.length),
    'A'.repeat(30_000),
  ];
  for (const at of [0, 12, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    forged.push(changed.toString('base64url'));
  }
  for (const one of forged) {
    const result = await withCookie(harness, `session=${one}`);
    assert.equal(result.consumer, undefined, one.slice(0, 60));
  }
  assert.equal((await withCookie(harness, `session=x; session=y; ${cookie}`)).consumer?.id, ANN);
  for (const other of [
    make({ secret: 'other' }),
    make({ audience: 'other' }),
    make({ cookie_name: 'remember' }),
  ]) {
    const name = other.config['cookie_name'];
    assert.equal((await withCookie(other, `${name}=${value}`)).consumer, undefined);
  }
});

test('a secret that was still opens, and the cookie is sealed anew', async () => {
  const old = make({ secret: 'the old one' });
  const cookie = given(await logIn(old));
  const rotated = make({ secret: 'the new one', previous_secrets: ['older', 'the old one'] });
  const result = await withCookie(rotated, cookie);
  assert.equal(result.consumer?.id, ANN);
  const renewed = given(result)!;
  const after = make({ secret: 'the new one' });
  assert.equal((await withCookie(after, renewed)).consumer?.id, ANN);
  assert.equal((await withCookie(after, cookie)).consumer, undefined);
});

test('idling, rolling and absolute timeouts', async () => {
  const harness = make({ idling_timeout: 100, rolling_timeout: 300, absolute_timeout: 500 });
  let cookie = given(await logIn(harness));
  const alive = async (seconds: number) => {
    harness.clock.advance(seconds * 1000);
    const result = await withCookie(harness, cookie);
    cookie = given(result) ?? cookie;
    return result.consumer !== undefined;
  };
  assert.equal(await alive(99), true);
  assert.equal(await alive(100), false, 'idle for as long as it may be');
  cookie = given(await logIn(harness));
  for (let at = 60; at < 500; at += 60) assert.equal(await alive(60), true, `used every minute: ${at}`);
  assert.equal(await alive(20), false, 'the absolute end');
  const rolling = make({ idling_timeout: 0, rolling_timeout: 100, absolute_timeout: 0 });
  const fixed = given(await logIn(rolling));
  rolling.clock.advance(74_000);
  assert.equal(given(await withCookie(rolling, fixed)), undefined);
  rolling.clock.advance(1000);
  const renewed = given(await withCookie(rolling, fixed));
  assert.ok(renewed, 'in the last quarter it is renewed');
  rolling.clock.advance(99_000);
  assert.equal((await withCookie(rolling, fixed)).consumer, undefined);
  assert.equal((await withCookie(rolling, renewed)).consumer?.id, ANN);
});

test('logout: a method and an argument, with a session', async () => {
  const harness = make();
  const cookie = given(await logIn(harness));
  const ended = await withCookie(harness, cookie, { method: 'POST', path: '/x?session_logout=1' });
  assert.equal(ended.status, 200);
  assert.equal(ended.body, '');
  assert.equal(ended.upstream, undefined);
  assert.match(setCookies(ended)[0]!, /^session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=\//);
  assert.equal(setCookies(ended).length, 1);
  const valueless = await withCookie(harness, cookie, { method: 'DELETE', path: '/?session_logout' });
  assert.equal(valueless.upstream, undefined);
  for (const request of [
    { method: 'GET', path: '/?session_logout=1' },
    { method: 'POST', path: '/?logout=1' },
  ]) {
    assert.ok((await withCookie(harness, cookie, request)).upstream, JSON.stringify(request));
  }
  assert.ok((await harness.run({ method: 'POST', path: '/?session_logout=1' })).upstream, 'no session');
});

test('logout by the body, only when it is to be read', async () => {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const ask = async (config: object, body: string) => {
    const harness = make(config);
    const Cookie = given(await logIn(harness))!;
    const result = await harness.run({ method: 'POST', headers: { Cookie, ...type }, body });
    return result.upstream === undefined ? 'ended' : result.upstream.body;
  };
  const reading = { read_body_for_logout: true };
  assert.equal(await ask({}, 'session_logout=1'), 'session_logout=1');
  assert.equal(await ask(reading, 'a=1&session_logout=1'), 'ended');
  assert.equal(await ask(reading, 'a=1'), 'a=1');
  assert.equal(await ask({ ...reading, logout_post_arg: 'bye' }, 'bye='), 'ended');
});

test('a consumer who is gone has no session any more', async () => {
  const cookie = given(await logIn(make()));
  const without = make({}, []);
  const result = await withCookie(without, cookie);
  assert.equal(result.consumer, undefined);
  assert.match(setCookies(result)[0]!, /^session=; Expires/);
});

test('another authentication begins another session', async () => {
  const harness = make();
  const cookie = given(await logIn(harness));
  const result = await harness.run({ headers: { Cookie: cookie! } }, { headers: { 'x-unused': '1' } });
  assert.equal(given(result), undefined);
  const exchange = result.exchange;
  exchange.authenticate(harness.consumers[0], { id: 'another', created_at: 0 });
  harness.instance.response!(exchange);
  const renewed = exchange.response.headers.get('set-cookie')!.split(';', 1)[0];
  assert.equal((await withCookie(harness, renewed)).credential?.id, 'another');
});

test('remember: a second cookie begins a new session', async () => {
  const harness = make({
    remember: true,
    idling_timeout: 60,
    remember_rolling_timeout: 1000,
    remember_absolute_timeout: 1500,
  });
  const first = await logIn(harness);
  const lasting = setCookies(first).find((line) => line.startsWith('remember='))!;
  assert.match(lasting, /; Max-Age=1000; Path=\//);
  let remember = given(first, 'remember')!;
  harness.clock.advance(999_000);
  const again = await withCookie(harness, `${given(first)}; ${remember}`);
  assert.equal(again.consumer?.id, ANN);
  assert.ok(given(again));
  assert.notEqual(given(again), given(first));
  assert.equal(again.upstream!.headers['cookie'], undefined);
  assert.equal((await withCookie(harness, given(again))).consumer?.id, ANN);
  remember = given(again, 'remember')!;
  harness.clock.advance(500_000);
  assert.equal((await withCookie(harness, remember)).consumer?.id, ANN);
  harness.clock.advance(2000);
  assert.equal(
    (await withCookie(harness, remember)).consumer,
    undefined,
    'its absolute end stays what it was',
  );
  const swapped = `session=${remember.slice('remember='.length)}`;
  assert.equal((await withCookie(make({ remember: true }), swapped)).consumer, undefined);
  const ended = await withCookie(harness, given(await logIn(harness)), {
    method: 'POST',
    path: '/?session_logout',
  });
  assert.equal(setCookies(ended).length, 2);
});

test('Session-* headers for the upstream and for the client', async () => {
  const all = [
    'id',
    'audience',
    'subject',
    'timeout',
    'idling-timeout',
    'rolling-timeout',
    'absolute-timeout',
  ];
  const harness = make({ request_headers: all, response_headers: ['timeout', 'subject'] });
  const first = await harness.run({
    consumer: harness.consumers[0]!,
    credential: CREDENTIAL,
    headers: { 'Session-Subject': 'root' },
  });
  assert.equal(first.upstream!.headers['session-subject'], undefined, 'nothing of what the client says');
  assert.equal(first.headers['session-subject'], ANN);
  harness.clock.advance(10_000);
  const second = await harness.run({ headers: { Cookie: given(first)!, 'Session-Subject': 'root' } });
  const sent = second.upstream!.headers;
  assert.match(String(sent['session-id']), /^[A-Za-z0-9_-]{22}$/);
  assert.equal(sent['session-audience'], 'default');
  assert.equal(sent['session-subject'], ANN);
  assert.equal(sent['session-timeout'], '890');
  assert.equal(sent['session-idling-timeout'], '890');
  assert.equal(sent['session-rolling-timeout'], '3590');
  assert.equal(sent['session-absolute-timeout'], '86390');
  assert.equal(second.headers['session-timeout'], '890');
});
