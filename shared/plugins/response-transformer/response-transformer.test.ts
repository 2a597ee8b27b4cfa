/** response-transformer: headers, JSON with types, bodies in pieces, what is left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPluginHarness, type TestUpstream } from '../testkit.ts';
import plugin from './index.ts';

const run = (config: Record<string, unknown>, upstream: TestUpstream = {}) =>
  createPluginHarness(plugin, config).run({}, upstream);
const json = async (config: Record<string, unknown>, body: string, type = 'application/json') =>
  (await run(config, { headers: { 'Content-Type': type }, body })).body;

test('is Kong’s: priority', () => {
  assert.equal(plugin.priority, 800);
});

test('headers: all five in their order', async () => {
  const { headers } = await run(
    {
      remove: { headers: ['a'] },
      rename: { headers: ['b:bb'] },
      replace: { headers: ['c:9', 'n:1'] },
      add: { headers: ['c:no', 'd:4'] },
      append: { headers: ['d:5', 'Set-Cookie:x=1; Path=/'] },
    },
    { headers: { a: '1', b: '2', c: '3' } },
  );
  assert.deepEqual({ ...headers }, { bb: '2', c: '9', d: ['4', '5'], 'set-cookie': 'x=1; Path=/' });
});

test('JSON, with types', async () => {
  const config = {
    remove: { json: ['a'] },
    rename: { json: ['b:bb'] },
    replace: { json: ['c:5'], json_types: ['number'] },
    add: { json: ['d:true', 'e:text', 'c:no'], json_types: ['boolean'] },
    append: { json: ['f:1.5', 'f:x'], json_types: ['number', 'string'] },
  };
  assert.equal(await json(config, '{"a":1,"b":2,"c":3}'), '{"c":5,"bb":2,"d":true,"e":"text","f":[1.5,"x"]}');
  assert.equal(await json({ replace: { json: ['a:1'] } }, '{"a":false}'), '{"a":false}');
  assert.equal(await json({ add: { json: ['a:1'] } }, '{"a":false}'), '{"a":"1"}');
});

test('which types are JSON', async () => {
  const config = { add: { json: ['a:1'] } };
  for (const type of ['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/problem+json'])
    assert.equal(await json(config, '{}', type), '{"a":"1"}', type);
  for (const type of [
    'text/json',
    'application/jsonp',
    'application/json-patch',
    'text/plain; x=application/json',
  ])
    assert.equal(await json(config, '{}', type), '{}', type);
});

test('what cannot be read passes, with a warning', async () => {
  for (const body of ['{"a":', '[1]', '"x"', '\u001f\u008b']) {
    const harness = createPluginHarness(plugin, { add: { json: ['a:1'] } });
    const result = await harness.run({}, { headers: { 'Content-Type': 'application/json' }, body });
    assert.equal(result.body, body);
    assert.match(harness.logs[0]!.message, /no JSON object/);
  }
});

test('in pieces: held until the end; past the bound all goes on as it came', () => {
  const harness = createPluginHarness(plugin, { add: { json: ['a:1'] } });
  const notes = new Map<string, unknown>();
  const exchange = {
    note: (name: string, value: unknown) => void notes.set(name, value),
    noted: (name: string) => notes.get(name),
    response: { headers: { get: () => 'application/json', remove: () => true } },
  } as never;
  const { response, responseBody } = harness.instance;
  const start = () => void response!.call(harness.instance, exchange);
  const piece = (octets: string | Buffer, last = false) =>
    String(responseBody!(exchange, Buffer.from(octets), last));
  start();
  assert.equal(piece('{"b"'), '');
  assert.equal(piece(':2'), '');
  assert.equal(piece('}', true), '{"b":2,"a":"1"}');
  start();
  assert.equal(piece('{"b":"'), '');
  assert.equal(piece(Buffer.alloc(8 * 1024 * 1024, 0x78)).length, 8 * 1024 * 1024 + 6);
  assert.equal(piece('"}', true), '"}');
});

test('fields about the old octets go', async () => {
  const { headers } = await run(
    { add: { json: ['a:1'] } },
    { headers: { 'Content-Type': 'application/json', ETag: '"x"', 'Content-Length': '2' }, body: '{}' },
  );
  assert.deepEqual({ ...headers }, { 'content-type': 'application/json' });
});

test('what is wrong with a configuration', () => {
  const refused = (config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin, config), reason);
  refused({ add: { headers: ['a'] } }, /invalid value: a/);
  refused({ add: { json: ['a'] } }, /key 'a' has no value/);
  refused({ add: { json: ['a:1'], json_types: ['object'] } }, /expected one of: boolean, number, string/);
});
