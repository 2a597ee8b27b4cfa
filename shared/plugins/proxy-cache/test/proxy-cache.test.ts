/** proxy-cache: hits and misses, keys, directives of both sides, revalidation, stale responses, invalidation, attacks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredPlugin } from '../../testkit/configured-plugin.ts';
import {
  createPluginHarness,
  type HarnessOptions,
  type TestRequest,
  type TestUpstream,
} from '../../testkit.ts';
import plugin from '../index.ts';

const TYPE = { 'Content-Type': 'text/plain' };
const ann = { id: 'a', created_at: 0, updated_at: 0, tags: null, username: 'ann', custom_id: null };
const bob = { ...ann, id: 'b', username: 'bob' };

function start(config: Record<string, unknown> = {}, options: HarnessOptions = {}) {
  const h = createPluginHarness(plugin, { strategy: 'memory', ...config }, options);
  return {
    h,
    /** Status of the cache, body; the upstream answers with the number of the request unless told otherwise. */
    async ask(request: TestRequest = {}, upstream: TestUpstream = {}) {
      const result = await h.run(request, {
        body: 'fresh',
        ...upstream,
        headers: { ...TYPE, ...upstream.headers },
      });
      return Object.assign(result, { cache: result.headers['x-cache-status'] as string });
    },
  };
}
const fresh = (cacheControl: string, more: Record<string, string> = {}): TestUpstream => ({
  headers: { 'Cache-Control': cacheControl, ...more },
});
const client = (cacheControl: string): TestRequest => ({ headers: { 'Cache-Control': cacheControl } });

test('is Kong’s: name and priority', () => {
  assert.equal(plugin.name, 'proxy-cache');
  assert.equal(plugin.priority, 100);
});

test('schema: defaults and messages', () => {
  const { value, problems } = configuredPlugin(plugin, { strategy: 'memory' });
  assert.deepEqual(problems, []);
  const { redis, ...config } = value.config as Record<string, unknown>;
  assert.deepEqual(config, {
    response_code: [200, 301, 404],
    request_method: ['GET', 'HEAD'],
    content_type: ['text/plain', 'application/json'],
    cache_ttl: 300,
    strategy: 'memory',
    cache_control: false,
    ignore_uri_case: false,
    storage_ttl: null,
    memory: { dictionary_name: 'kong_db_cache', max_bytes: 33_554_432 },
    vary_query_params: null,
    vary_headers: null,
    response_headers: { age: true, 'X-Cache-Status': true, 'X-Cache-Key': true },
    max_entity_bytes: 1_048_576,
    max_variants: 16,
    lock_timeout: 5,
  });
  const message = (config: Record<string, unknown>) =>
    configuredPlugin(plugin, config).problems.map(
      ({ path, message: text }) => `${path.join('.')}: ${text}`,
    )[0];
  assert.equal(message({}), 'config.strategy: required field missing');
  assert.equal(
    message({ strategy: 'memory', cache_ttl: 0 }),
    'config.cache_ttl: value must be greater than 0',
  );
  assert.match(message({ strategy: 'memory', content_type: ['text'] })!, /invalid value: text/);
  assert.match(message({ strategy: 'redis' })!, /config.redis.host: required field missing/);
});

test('a miss is stored, a hit comes without the upstream, with its age', async () => {
  const { h, ask } = start();
  const miss = await ask({}, { body: 'one', headers: { 'X-Own': '1' } });
  assert.equal(miss.cache, 'Miss');
  assert.match(String(miss.headers['x-cache-key']), /^[0-9a-f]{64}$/);
  assert.equal(miss.headers['age'], undefined);
  h.clock.advance(7000);
  const hit = await ask();
  assert.equal(hit.cache, 'Hit');
  assert.equal(hit.upstream, undefined);
  assert.equal(hit.body, 'one');
  assert.equal(hit.headers['x-own'], '1');
  assert.equal(hit.headers['age'], '7');
  assert.equal(hit.headers['x-cache-key'], miss.headers['x-cache-key']);
  h.clock.advance(293_000);
  assert.equal((await ask()).cache, 'Miss', 'after cache_ttl');
});

test('what is not stored: Bypass', async () => {
  const { ask } = start();
  for (const upstream of [
    { status: 500 },
    { status: 206 },
    { headers: { 'Content-Type': 'text/html' } },
    { headers: { 'Content-Type': 'application/json; charset=utf-8' } },
    { headers: { 'Set-Cookie': 'a=b' } },
    { headers: { Vary: '*' } },
  ]) {
    assert.equal((await ask({}, upstream)).cache, 'Bypass', JSON.stringify(upstream));
  }
  assert.equal((await ask({ method: 'DELETE' })).cache, 'Bypass');
  assert.equal((await ask()).cache, 'Miss');
});

test('a response that was cut or is too long is not stored', async () => {
  const { ask } = start({ max_entity_bytes: 10 });
  assert.equal((await ask({}, { abortReason: 'upstream_closed' })).cache, 'Miss');
  assert.equal((await ask({}, { body: 'x'.repeat(11) })).cache, 'Miss');
  assert.equal(
    (await ask({}, { body: 'x'.repeat(11), headers: { 'Content-Length': '11' } })).cache,
    'Bypass',
  );
  assert.equal((await ask({}, { body: 'x'.repeat(10) })).cache, 'Miss');
  assert.equal((await ask()).cache, 'Hit');
});

test('the key: method, host, path, query, consumer, configured headers', async () => {
  const { ask } = start({ vary_headers: ['X-Lang'] });
  const base = { path: '/a?x=1&y=2', headers: { 'X-Lang': 'de' } };
  await ask(base);
  assert.equal(
    (await ask({ ...base, path: '/a?y=2&x=1' })).cache,
    'Hit',
    'the order of different arguments does not count',
  );
  for (const [why, other] of Object.entries({
    host: { ...base, host: 'other.test' },
    port: { ...base, headers: { ...base.headers, Host: 'gateway.test:81' } },
    scheme: { ...base, scheme: 'https' as const },
    path: { ...base, path: '/A?x=1&y=2' },
    query: { ...base, path: '/a?x=1' },
    value: { ...base, path: '/a?x=1&y=3' },
    parts: { ...base, path: '/a?x=1:y=2' },
    header: { ...base, headers: { 'X-Lang': 'en' } },
    consumer: { ...base, consumer: ann },
    'other consumer': { ...base, consumer: bob },
  }))
    assert.equal((await ask(other)).cache, 'Miss', why);
  await ask({ path: '/r?a=1&a=2' });
  assert.equal(
    (await ask({ path: '/r?a=2&a=1' })).cache,
    'Miss',
    'which comes first matters to applications',
  );
});

test('the key: chosen arguments, paths without case', async () => {
  const { ask } = start({ vary_query_params: ['id'], ignore_uri_case: true });
  await ask({ path: '/a?id=1&utm=x' });
  assert.equal((await ask({ path: '/A?utm=y&id=1' })).cache, 'Hit');
  assert.equal((await ask({ path: '/a?i%64=1' })).cache, 'Miss', 'another way to write it is another');
  assert.equal((await ask({ path: '/a?id=2' })).cache, 'Miss');
});

test('a body takes part in the key', async () => {
  const { ask } = start({ request_method: ['POST', 'GET'] });
  const post = (body: string): TestRequest => ({
    method: 'POST',
    body,
    headers: { 'Content-Length': String(body.length) },
  });
  assert.equal((await ask(post('a'), { body: 'for a' })).cache, 'Miss');
  assert.equal((await ask(post('b'), { body: 'for b' })).cache, 'Miss');
  assert.equal((await ask(post('a'))).body, 'for a');
  assert.equal((await ask({ body: 'x', headers: { 'Content-Length': '1' } })).cache, 'Miss');
  assert.equal((await ask()).cache, 'Miss', 'another GET');
});

test('HEAD: from what a GET has brought, else its own', async () => {
  const { ask } = start();
  await ask({ path: '/a' }, { body: 'abc' });
  const head = await ask({ method: 'HEAD', path: '/a' });
  assert.equal(head.cache, 'Hit');
  assert.equal(head.upstream, undefined);
  const own: TestUpstream = { body: '', headers: { 'Content-Length': '5' } };
  assert.equal((await ask({ method: 'HEAD', path: '/b' }, own)).cache, 'Miss');
  assert.equal((await ask({ method: 'HEAD', path: '/b' })).cache, 'Hit');
  assert.equal((await ask({ path: '/b' })).cache, 'Miss', 'a GET is not answered by a HEAD');
  assert.equal(
    (await ask({ method: 'HEAD', path: '/c' }, { body: '' })).cache,
    'Bypass',
    'no length to tell',
  );
});

test('cache_control: the upstream says for how long', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, fresh('max-age=60', { Age: '20' }));
  h.clock.advance(39_000);
  const hit = await ask();
  assert.equal(hit.cache, 'Hit');
  assert.equal(hit.headers['age'], '59');
  h.clock.advance(2000);
  assert.equal(
    (await ask({}, fresh('max-age=60'))).cache,
    'Miss',
    'it could not be revalidated, and is gone',
  );
  assert.equal((await ask({ path: '/none' })).cache, 'Bypass', 'nothing said, nothing stored');
  assert.equal((await ask({ path: '/p' }, fresh('private, max-age=60'))).cache, 'Bypass');
});

test('cache_control: what the client says', async () => {
  const { h, ask } = start({ cache_control: true });
  const upstream = fresh('max-age=60', { ETag: '"a"' });
  await ask({}, upstream);
  h.clock.advance(30_000);
  assert.equal((await ask(client('no-cache'), upstream)).cache, 'Bypass');
  assert.equal((await ask(client('no-store'), upstream)).cache, 'Bypass');
  assert.equal((await ask({ headers: { Pragma: 'no-cache' } }, upstream)).cache, 'Bypass');
  assert.equal((await ask(client('max-age=30'))).cache, 'Hit');
  assert.equal((await ask(client('min-fresh=29'))).cache, 'Hit');
  assert.equal((await ask(client('only-if-cached'))).cache, 'Hit');
  h.clock.advance(40_000);
  assert.equal((await ask(client('max-stale=10'))).cache, 'Hit');
  assert.equal((await ask(client('max-stale'))).cache, 'Hit');
  assert.equal((await ask(client('only-if-cached'))).status, 504);
  assert.equal((await ask(client('max-stale=9'), upstream)).cache, 'Refresh');
  h.clock.advance(30_000);
  assert.equal((await ask(client('max-age=29'), upstream)).cache, 'Refresh');
  h.clock.advance(1000);
  assert.equal((await ask(client('min-fresh=59'), upstream)).cache, 'Refresh');
});

test('without cache_control neither side is heard', async () => {
  const { ask } = start();
  await ask(client('no-store'), fresh('no-store'));
  assert.equal((await ask(client('no-cache'))).cache, 'Hit');
});

test('revalidation: a 304 brings the stored response up to date, and the client gets all of it', async () => {
  const { h, ask } = start({ cache_control: true });
  const modified = 'Wed, 31 Dec 2025 00:00:00 GMT';
  await ask(
    {},
    { body: 'v1', ...fresh('max-age=60', { ETag: '"v1"', 'Last-Modified': modified, 'X-Old': '1' }) },
  );
  h.clock.advance(61_000);
  const refreshed = await ask(
    {},
    { status: 304, body: '', headers: { ETag: '"v1"', 'Cache-Control': 'max-age=90', 'X-Old': '2' } },
  );
  assert.equal(refreshed.cache, 'Refresh');
  assert.equal(refreshed.upstream?.headers['if-none-match'], '"v1"');
  assert.equal(refreshed.upstream?.headers['if-modified-since'], modified);
  assert.equal(refreshed.status, 200);
  assert.equal(refreshed.body, 'v1');
  assert.equal(refreshed.headers['x-old'], '2');
  h.clock.advance(89_000);
  assert.equal((await ask()).cache, 'Hit');
  h.clock.advance(2000);
  const changed = await ask({}, { body: 'v2', ...fresh('max-age=60', { ETag: '"v2"' }) });
  assert.equal(changed.cache, 'Refresh');
  assert.equal(changed.body, 'v2');
  assert.equal((await ask({ headers: { 'If-None-Match': '"v2"' } })).status, 304);
});

test('revalidation: a 304 about another response is no answer', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, fresh('max-age=60', { ETag: '"v1"' }));
  h.clock.advance(61_000);
  assert.equal((await ask({}, { status: 304, body: '', headers: { ETag: '"v9"' } })).status, 502);
  assert.equal((await ask({}, fresh('max-age=60'))).cache, 'Miss', 'forgotten');
});

test('a client’s own condition goes to the upstream when there is nothing stored', async () => {
  const { ask } = start({ cache_control: true });
  const asked = await ask(
    { headers: { 'If-None-Match': '"mine"' } },
    { status: 304, body: '', headers: { ETag: '"mine"' } },
  );
  assert.equal(asked.status, 304);
  assert.equal(asked.cache, 'Bypass');
  assert.equal(asked.upstream?.headers['if-none-match'], '"mine"');
});

test('stale-if-error: errors and no connection; must-revalidate forbids it', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, { body: 'old', ...fresh('max-age=60, stale-if-error=60') });
  h.clock.advance(61_000);
  for (const upstream of [{ status: 503 }, { unreachable: 502 }]) {
    const stale = await ask({}, upstream);
    assert.equal(stale.status, 200);
    assert.equal(stale.body, 'old');
    assert.equal(stale.headers['age'], '61');
  }
  assert.equal(
    (await ask({}, { status: 404, ...fresh('max-age=1') })).status,
    404,
    'not an error of the moment',
  );
  await ask({ path: '/s' }, fresh('max-age=60, must-revalidate, stale-if-error=60', { ETag: '"a"' }));
  h.clock.advance(61_000);
  assert.equal((await ask({ path: '/s' }, { unreachable: 502 })).status, 504);
  assert.equal((await ask({ path: '/s' }, { status: 500 })).status, 500);
  h.clock.advance(120_000);
  assert.equal((await ask({}, { status: 503 })).status, 503, 'too old');
});

test('stale-if-error by the client', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, { body: 'old', ...fresh('max-age=60', { ETag: '"a"' }) });
  h.clock.advance(70_000);
  assert.equal((await ask(client('stale-if-error=5'), { status: 503 })).status, 503);
  assert.equal((await ask(client('stale-if-error=20'), { status: 503 })).body, 'old');
});

test('stale-while-revalidate: now the old one, for the next the new one; one revalidation at a time', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, { body: 'old', ...fresh('max-age=60, stale-while-revalidate=30', { ETag: '"a"' }) });
  h.clock.advance(70_000);
  const stale = await ask({ headers: { Range: 'bytes=0-0' } });
  assert.equal(stale.body, 'o');
  assert.equal(stale.cache, 'Hit');
  const [asked] = stale.exchange.askedAgain;
  assert.equal(asked!.headers['if-none-match'], '"a"');
  assert.equal(asked!.headers['range'], undefined);
  assert.deepEqual((await ask()).exchange.askedAgain, []);
  const { HeaderList } = await import('../../testkit.ts');
  asked!.watcher.head(200, new HeaderList({ ...TYPE, 'Cache-Control': 'max-age=60' }));
  asked!.watcher.piece(Buffer.from('new'));
  asked!.watcher.ended();
  const next = await ask();
  assert.equal(next.body, 'new');
  assert.equal(next.headers['age'], '0');
  h.clock.advance(91_000);
  assert.notEqual((await ask()).cache, 'Hit');
});

test('stale-while-revalidate: an error behind the back changes nothing, and is tried again', async () => {
  const { h, ask } = start({ cache_control: true });
  await ask({}, { body: 'old', ...fresh('max-age=60, stale-while-revalidate=30') });
  h.clock.advance(70_000);
  const first = await ask();
  first.exchange.askedAgain[0]!.watcher.failed(502);
  const second = await ask();
  assert.equal(second.body, 'old');
  assert.equal(second.exchange.askedAgain.length, 1);
});

test('Vary: each kind of request has its own, up to a bound', async () => {
  const { ask } = start({ max_variants: 3 });
  const lang = (one: string): TestRequest => ({ headers: { 'Accept-Language': one } });
  const upstream = (body: string): TestUpstream => ({ body, headers: { Vary: 'Accept-Language' } });
  await ask(lang('de'), upstream('hallo'));
  assert.equal((await ask(lang('en'), upstream('hello'))).cache, 'Miss');
  assert.equal((await ask(lang('de'))).body, 'hallo');
  assert.equal((await ask(lang('en'))).body, 'hello');
  assert.equal((await ask({ method: 'HEAD', ...lang('en') })).cache, 'Hit');
  for (let n = 0; n < 50; n++) await ask(lang(`x${n}`), upstream(`${n}`));
  assert.equal((await ask(lang('de'), upstream('neu'))).cache, 'Miss', 'the oldest have gone');
  assert.equal((await ask(lang('x49'))).cache, 'Hit');
});

test('Vary: another list of names makes the old variants useless', async () => {
  const { ask } = start();
  await ask({ headers: { A: '1' } }, { body: 'by a', headers: { Vary: 'A' } });
  await ask({ headers: { A: '2' } }, { body: 'by b', headers: { Vary: 'B' } });
  assert.equal((await ask({ headers: { A: '1' } })).body, 'by b');
});

test('an unsafe method that succeeds invalidates what is stored, for all', async () => {
  const { h, ask } = start();
  for (const request of [
    { path: '/a?x=1' },
    { path: '/a', consumer: ann },
    { path: '/made' },
    { path: '/other' },
  ])
    await ask(request);
  h.clock.advance(1000);
  await ask({ method: 'POST', path: '/a' }, { status: 500 });
  assert.equal((await ask({ path: '/a?x=1' })).cache, 'Hit', 'it failed');
  const location = {
    status: 201,
    headers: { Location: 'http://gateway.test/made', 'Content-Location': 'http://evil.test/other' },
  };
  await ask({ method: 'POST', path: '/a' }, location);
  h.clock.advance(1000);
  assert.equal((await ask({ path: '/a?x=1' })).cache, 'Miss');
  assert.equal((await ask({ path: '/a', consumer: ann })).cache, 'Miss');
  assert.equal((await ask({ path: '/made' })).cache, 'Miss');
  assert.equal((await ask({ path: '/other' })).cache, 'Hit');
  assert.equal((await ask({ path: '/a?x=1' })).cache, 'Hit');
});

test('ranges: of what is stored; a part from the upstream is never the whole', async () => {
  const { ask } = start();
  const range = { headers: { Range: 'bytes=1-2' } };
  const first = await ask(range, { status: 206, body: 'bc', headers: { 'Content-Range': 'bytes 1-2/3' } });
  assert.equal(first.status, 206);
  assert.equal(first.upstream?.headers['range'], 'bytes=1-2');
  assert.equal((await ask({}, { body: 'abc' })).cache, 'Miss');
  const part = await ask(range);
  assert.deepEqual(
    [part.status, part.body, part.headers['content-range'], part.cache],
    [206, 'bc', 'bytes 1-2/3', 'Hit'],
  );
});

test('Authorization without a consumer is not answered for others', async () => {
  const { ask } = start();
  const basic = { headers: { Authorization: 'Basic eA==' } };
  assert.equal((await ask(basic, { body: 'mine' })).cache, 'Bypass');
  assert.equal((await ask({}, { body: 'all' })).cache, 'Miss');
  assert.equal((await ask({ ...basic, consumer: ann })).cache, 'Miss');
  assert.equal((await ask({ ...basic, consumer: ann })).cache, 'Hit');
  const keyed = start({ vary_headers: ['Authorization'] });
  await keyed.ask(basic);
  assert.equal((await keyed.ask(basic)).cache, 'Hit');
  assert.equal((await keyed.ask({ headers: { Authorization: 'Basic eQ==' } })).cache, 'Miss');
});

test('attack: poisoning by headers that applications obey', async () => {
  const { ask } = start();
  for (const name of [
    'X-Forwarded-Host',
    'X-Original-URL',
    'X-HTTP-Method-Override',
    'X-Forwarded-Scheme',
    'X-Rewrite-URL',
  ]) {
    await ask({ path: `/${name}`, headers: { [name]: 'evil' } }, { body: 'evil' });
    const victim = await ask({ path: `/${name}` }, { body: 'good' });
    assert.equal(victim.body, 'good', name);
  }
});

test('attack: deception by a path that looks public', async () => {
  const { ask } = start({ cache_control: true });
  const own = { body: 'private', ...fresh('private') };
  await ask({ path: '/account/x.css', consumer: ann }, own);
  const thief = await ask({ path: '/account/x.css' }, { body: 'login' });
  assert.equal(thief.body, 'login');
  assert.equal((await ask({ path: '/account/x.css', consumer: ann }, own)).cache, 'Bypass');
});

test('attack: arguments that could be read as one, or hide behind others', async () => {
  const { ask } = start();
  await ask({ path: '/a?x=1&y=2' }, { body: 'two' });
  for (const path of ['/a?x=1%26y=2', '/a?x=1&y=2&', '/a?x=1;y=2', '/a?y=2,x=1']) {
    const other = await ask({ path }, { body: 'other' });
    if (path !== '/a?x=1&y=2&') assert.equal(other.body, 'other', path);
  }
  const many = `/m?${Array.from({ length: 1500 }, (_, n) => `a${n}=1`).join('&')}`;
  await ask({ path: many }, { body: 'many' });
  assert.equal((await ask({ path: `${many}&evil=1` }, { body: 'evil' })).body, 'evil');
});

test('response_headers: what is not to be told', async () => {
  const { ask } = start({ response_headers: { age: false, 'X-Cache-Status': false, 'X-Cache-Key': false } });
  await ask();
  const { headers } = await ask();
  for (const name of ['age', 'x-cache-status', 'x-cache-key']) assert.equal(headers[name], undefined);
});

test('operations: look, remove one, remove all', async () => {
  const { h, ask } = start();
  const key = String((await ask({}, { body: 'abc', headers: { Vary: 'A' } })).headers['x-cache-key']);
  const operate = (operation: string, of?: string) => h.instance.operate!(operation, of);
  const shown = (await operate('get', key)) as { status: number; body: string; ttl: number };
  assert.deepEqual([shown.status, shown.body, shown.ttl], [200, 'abc', 300]);
  assert.equal(await operate('get', 'x'), null);
  assert.equal(await operate('delete', key), true);
  assert.equal(await operate('delete', key), false);
  assert.equal((await ask()).cache, 'Miss');
  assert.equal(await operate('purge'), true);
  assert.equal((await ask()).cache, 'Miss');
  await assert.rejects(async () => operate('explode'), /no operation/);
});

test('metrics count what the cache had', async () => {
  const { h, ask } = start();
  await ask();
  await ask();
  const text = h.metricsText();
  assert.match(text, /cardinal_proxy_cache_requests_total\{status="miss"\} 1\n/);
  assert.match(text, /cardinal_proxy_cache_requests_total\{status="hit"\} 1\n/);
  assert.match(text, /cardinal_proxy_cache_bytes\{dictionary="kong_db_cache"\} [1-9]/);
});
