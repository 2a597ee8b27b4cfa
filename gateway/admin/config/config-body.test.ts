import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Query } from '../http/query.ts';
import { configBody } from './config-body.ts';

const none = '';
const body = (type: string | undefined, text: string, query = none) =>
  configBody(type, Buffer.from(text), new Query(query));
const off = { checkHash: false, flattenErrors: false };

test('YAML as it is, text under config, a JSON object that is the configuration', async () => {
  assert.deepEqual(await body('text/yaml', 'a: 1'), { kind: 'text', text: 'a: 1', flags: off });
  assert.deepEqual(await body('application/json; charset=utf-8', '{"config":"a: 1"}'), {
    kind: 'text',
    text: 'a: 1',
    flags: off,
  });
  assert.deepEqual(await body('application/json', '{"_format_version":"3.0","check_hash":1}'), {
    kind: 'object',
    document: { _format_version: '3.0' },
    flags: { ...off, checkHash: true },
  });
});

test('forms, and flags from the query or the body', async () => {
  const query = 'flatten_errors=1';
  assert.deepEqual(await body('application/x-www-form-urlencoded', 'config=a%3A+1&check_hash=true', query), {
    kind: 'text',
    text: 'a: 1',
    flags: { checkHash: true, flattenErrors: true },
  });
  const multipart =
    '--x\r\nContent-Disposition: form-data; name="config"; filename="k.yml"\r\n\r\na: 1\r\n--x--\r\n';
  assert.deepEqual(await body('multipart/form-data; boundary=x', multipart), {
    kind: 'text',
    text: 'a: 1',
    flags: off,
  });
});

test('what holds no configuration is refused', async () => {
  const expected = { kind: 'wrong', status: 400, message: 'expected a declarative configuration' };
  for (const [type, text] of [
    [undefined, ''],
    ['text/yaml', ''],
    ['application/json', '{}'],
    ['application/json', '[]'],
    ['application/json', 'null'],
    ['application/json', '{"config":""}'],
    ['application/x-www-form-urlencoded', 'x=1'],
  ] as const) {
    assert.deepEqual(await body(type, text), expected, `${type} ${text}`);
  }
  assert.equal(
    ((await body('application/json', '{')) as { message: string }).message,
    'Cannot parse JSON body',
  );
  assert.equal(
    ((await body('multipart/form-data; boundary=x', 'nonsense')) as { status: number }).status,
    400,
  );
  assert.equal(((await body('text/plain', 'x')) as { status: number }).status, 415);
});
