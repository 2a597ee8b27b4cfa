/** request-transformer: every kind of change to every part, the order, templates, hostile values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type TestRequest } from '../testkit.ts';
import plugin from './index.ts';

const run = async (config: Record<string, unknown>, request: TestRequest = {}) =>
  createPluginHarness(plugin, config).run(request);
const upstream = async (config: Record<string, unknown>, request: TestRequest = {}) =>
  (await run(config, request)).upstream!;
const headers = async (config: Record<string, unknown>, given: TestRequest['headers'] = {}) => ({
  ...(await upstream(config, { headers: given })).headers,
});
const query = async (config: Record<string, unknown>, text: string) =>
  (await upstream(config, { path: `/?${text}` })).query;
const body = async (config: Record<string, unknown>, type: string, text: string) =>
  (await upstream(config, { method: 'POST', headers: { 'Content-Type': type }, body: text })).body;
const JSON_TYPE = 'application/json; charset=utf-8';
const FORM = 'application/x-www-form-urlencoded';

test('is Kong’s: priority', () => {
  assert.equal(plugin.priority, 801);
});

test('headers: remove, rename, replace, add, append', async () => {
  assert.deepEqual(await headers({ remove: { headers: ['X-A'] } }, { 'x-a': '1', b: '2' }), { b: '2' });
  assert.deepEqual(
    await headers({ rename: { headers: ['a:c', 'nope:d'] } }, [
      ['a', '1'],
      ['A', '2'],
      ['c', '3'],
    ]),
    {
      c: ['1', '2'],
    },
  );
  assert.deepEqual(await headers({ replace: { headers: ['a:9', 'nope:1'] } }, { a: '1' }), { a: '9' });
  assert.deepEqual(await headers({ add: { headers: ['a:9', 'b:x:y', 'c: spaced'] } }, { a: '1' }), {
    a: '1',
    b: 'x:y',
    c: ' spaced',
  });
  assert.deepEqual(await headers({ append: { headers: ['a:9', 'b:1'] } }, { a: '1' }), {
    a: ['1', '9'],
    b: '1',
  });
});

test('the order within a part', async () => {
  const config = {
    remove: { headers: ['a'] },
    rename: { headers: ['b:a'] },
    replace: { headers: ['a:replaced'] },
    add: { headers: ['a:added', 'b:added'] },
    append: { headers: ['a:appended'] },
  };
  assert.deepEqual(await headers(config, { a: '1', b: '2' }), { a: ['replaced', 'appended'], b: 'added' });
});

test('Host is replaced and nothing else', async () => {
  const config = {
    remove: { headers: ['Host'] },
    rename: { headers: ['Host:X-Was'] },
    add: { headers: ['host:no'] },
    append: { headers: ['host:no'] },
    replace: { headers: ['Host:$(headers.to)'] },
  };
  const result = await upstream(config, { headers: { Host: 'a', To: 'b.test:81' } });
  assert.equal(result.host, 'b.test:81');
  assert.equal(result.headers['host'], 'a');
  assert.equal((await upstream(config, { headers: { Host: 'a' } })).host, undefined);
  assert.equal((await run(config, { headers: { To: 'a/b' } })).status, 400);
});

test('query: all five, and what nobody touches stays as written', async () => {
  assert.equal(await query({ remove: { querystring: ['a', 'x y'] } }, 'a=1&b=%41&a=2&x+y=1'), 'b=%41');
  assert.equal(await query({ rename: { querystring: ['a:c'] } }, 'a=%41&a&c=3&b'), 'c=%41&c&b');
  assert.equal(await query({ replace: { querystring: ['a:9', 'n:1'] } }, 'b=1&a=1&a=2'), 'b=1&a=9');
  assert.equal(await query({ add: { querystring: ['a:9', 'n: ü&'] } }, 'a=1'), 'a=1&n=%20%C3%BC%26');
  assert.equal(await query({ append: { querystring: ['a:9', 'n:1'] } }, 'a=1'), 'a=1&a=9&n=1');
  assert.equal(await query({ add: { querystring: ['n:1'] } }, ''), 'n=1');
});

test('more arguments than are looked at are refused', async () => {
  const config = { remove: { querystring: ['secret'] } };
  assert.equal((await run(config, { path: `/?${'a&'.repeat(1000)}secret=1` })).status, 400);
});

test('JSON bodies: all five; numbers keep their digits', async () => {
  const change = (config: Record<string, unknown>, text: string) => body(config, JSON_TYPE, text);
  assert.equal(await change({ remove: { body: ['a'] } }, '{"a":1,"b":{"a":2}}'), '{"b":{"a":2}}');
  assert.equal(await change({ rename: { body: ['a:c', 'n:d'] } }, '{"a":[1],"b":2}'), '{"b":2,"c":[1]}');
  assert.equal(await change({ replace: { body: ['a:9', 'n:1'] } }, '{"a":false,"b":1}'), '{"a":false,"b":1}');
  assert.equal(await change({ replace: { body: ['b:9'] } }, '{"b":{}}'), '{"b":"9"}');
  assert.equal(await change({ add: { body: ['a:9', 'n:1'] } }, '{"a":1}'), '{"a":1,"n":"1"}');
  assert.equal(
    await change({ append: { body: ['a:9', 'b:9', 'n:1'] } }, '{"a":"1","b":[1]}'),
    '{"a":["1","9"],"b":[1,"9"],"n":["1"]}',
  );
  assert.equal(
    await change({ remove: { body: ['x'] } }, '{"x":0,"n":12345678901234567890,"f":1.10,"e":1e400}'),
    '{"n":12345678901234567890,"f":1.10,"e":1e400}',
  );
});

test('JSON that is no object, or too deep, passes unchanged; an empty body can be filled', async () => {
  const config = { remove: { body: ['a'] }, add: { body: ['b:1'] } };
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  for (const text of ['{"a":1', '[1]', '"a"', 'null', '12', deep, `{"a":1.5,"d":${deep}}`])
    assert.equal(await body(config, JSON_TYPE, text), text);
  assert.equal(await body(config, JSON_TYPE, ''), '{"b":"1"}');
  assert.equal(await body(config, 'text/plain', '{"a":1}'), '{"a":1}');
});

test('names that are properties of all objects', async () => {
  const text = '{"__proto__":1,"a":2}';
  assert.equal(await body({ remove: { body: ['a', 'toString'] } }, JSON_TYPE, text), '{"__proto__":1}');
  assert.equal(await body({ add: { body: ['__proto__:x'] } }, JSON_TYPE, '{}'), '{"__proto__":"x"}');
  assert.equal(await body({ replace: { body: ['constructor:x'] } }, JSON_TYPE, '{}'), '{}');
});

test('dots_in_keys', async () => {
  const change = (config: Record<string, unknown>, text: string) =>
    body({ dots_in_keys: false, ...config }, JSON_TYPE, text);
  assert.equal(
    await body({ remove: { body: ['a.b'] } }, JSON_TYPE, '{"a":{"b":1},"a.b":2}'),
    '{"a":{"b":1}}',
  );
  assert.equal(await change({ remove: { body: ['a.b', 'n.x'] } }, '{"a":{"b":1,"c":2}}'), '{"a":{"c":2}}');
  assert.equal(
    await change({ add: { body: ['a.b:1', 's.t:1'] } }, '{"s":"text"}'),
    '{"s":"text","a":{"b":"1"}}',
  );
  assert.equal(await change({ add: { body: ['__proto__.x:1'] } }, '{}'), '{"__proto__":{"x":"1"}}');
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('forms', async () => {
  const config = {
    remove: { body: ['a'] },
    rename: { body: ['b:c'] },
    add: { body: ['d:x y'] },
    append: { body: ['c:2'] },
  };
  assert.equal(await body(config, FORM, 'a=1&b=%41'), 'c=%41&d=x%20y&c=2');
});

test('multipart forms: nothing is appended, files stay octet for octet', async () => {
  const type = 'multipart/form-data; boundary=XX';
  const part = (name: string, value: string, more = '') =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part('f', '\r\n--X\r\n\x00', '; filename="f.bin"\r\nContent-Type: image/x');
  const text = `${part('a', '1')}${part('b', '2')}${file}--XX--\r\n`;
  const config = {
    remove: { body: ['a'] },
    rename: { body: ['b:c'] },
    add: { body: ['d:4'] },
    append: { body: ['c:5'] },
  };
  assert.equal(await body(config, type, text), `${part('c', '2')}${file}${part('d', '4')}--XX--\r\n`);
  assert.equal(
    await body({ replace: { body: ['a:\r\n--XX--'] } }, type, text),
    `${part('a', '--')}${part('b', '2')}${file}--XX--\r\n`,
  );
  for (const broken of ['--XX\r\n', 'no form', `x${text}`, text.slice(0, -8)])
    assert.equal(await body(config, type, broken), broken);
});

test('a body that is too long is refused', async () => {
  const result = await run(
    { add: { body: ['a:1'] } },
    { method: 'POST', headers: { 'Content-Type': JSON_TYPE }, body: Buffer.alloc(8 * 1024 * 1024 + 1, 0x20) },
  );
  assert.deepEqual(
    [result.status, result.exit?.message],
    [413, 'Request body is too large to be transformed'],
  );
});

test('http_method; to GET the values of a form go into the query', async () => {
  const put = await upstream({ http_method: 'PUT' }, { method: 'POST', body: 'x' });
  assert.equal(put.method, 'PUT');
  const config = { http_method: 'GET', remove: { querystring: ['c'] } };
  const moved = await upstream(config, {
    method: 'POST',
    path: '/?a=1',
    headers: { 'Content-Type': FORM },
    body: 'a=2&b=%41&c=3',
  });
  assert.deepEqual([moved.method, moved.query, moved.body], ['GET', 'a=1&a=2&b=%41', 'a=2&b=%41&c=3']);
});

test('uri', async () => {
  const path = async (uri: string, request: TestRequest = {}) => {
    const result = await run({ replace: { uri } }, request);
    return result.upstream?.path ?? result.status;
  };
  assert.equal(await path('/v2/x%20y'), '/v2/x%20y');
  assert.equal(await path('/u/$(uri_captures.id)', { captures: { id: 'a b/ü%' } }), '/u/a%20b/%C3%BC%25');
  assert.equal(await path('$(query_params.p)', { path: '/?p=a%3Fb%23c' }), '/a%3Fb%23c');
  for (const evil of ['../admin', '..', 'a/%2e%2E/b', 'a/..;x/b', '%252e%252e/', 'a\\..\\b']) {
    const given = await path('/pub/$(query_params.p)', { path: `/?p=${encodeURIComponent(evil)}` });
    assert.equal(given, evil.startsWith('%25') ? '/pub/%252e%252e/' : 400, evil);
  }
  assert.equal((await upstream({ replace: { uri: '/x' } }, { path: '/a?b=c' })).query, 'b=c');
});

test('templates see the request as it came', async () => {
  const config = {
    remove: { headers: ['x-key'], querystring: ['q'] },
    add: {
      headers: ['X-Copy:$(headers.x_key)'],
      querystring: ['was:$(query_params.q)'],
      body: ['k:$(headers["x-key"])'],
    },
  };
  const result = await upstream(config, {
    method: 'POST',
    path: '/?q=1',
    headers: { 'X-Key': 'k', 'Content-Type': JSON_TYPE },
    body: '{}',
  });
  assert.equal(result.headers['x-copy'], 'k');
  assert.equal(result.headers['x-key'], undefined);
  assert.deepEqual([result.query, result.body], ['was=1', '{"k":"k"}']);
  assert.equal((await headers({ add: { headers: ['X-None:$(headers.nope)'] } }))['x-none'], '');
});

test('no request can end a header line', async () => {
  const config = {
    add: { headers: ['X-Q:$(query_params.q)'] },
    rename: { headers: ['x-a:$(query_params.q)'] },
  };
  const { headers: got } = await upstream(config, {
    path: '/?q=a%0D%0AX-Evil:%201%00%E2%82%AC',
    headers: { 'x-a': '1' },
  });
  assert.equal(got['x-q'], Buffer.from('a  X-Evil: 1 €').toString('latin1'));
  assert.equal(got['x-evil'], undefined);
  assert.equal(got['x-a'], '1');
});

test('what is wrong with a configuration', () => {
  const refused = (config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin, config), reason);
  refused({ add: { headers: ['nocolon'] } }, /config\.add\.headers\.0: invalid value: nocolon/);
  refused({ add: { headers: ['a b:c'] } }, /'a b' is not a valid header/);
  refused({ remove: { headers: ['a\n'] } }, /is not a valid header/);
  refused({ add: { querystring: ['a'] } }, /config\.add\.querystring\.0: key 'a' has no value/);
  refused({ append: { body: ['a:'] } }, /key 'a' has no value/);
  refused(
    { replace: { body: ['a:$(foo)'] } },
    /value '\$\(foo\)' is not in supported format, error:'foo' is not known/,
  );
  refused({ replace: { uri: '$(' } }, /config\.replace\.uri: value '\$\(' is not in supported format/);
  refused({ http_method: 'get' }, /config\.http_method: invalid value: get/);
});
