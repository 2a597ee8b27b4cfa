/** request-termination: every kind of answer, the trigger, the echo, what excludes what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configuredPlugin } from '../testkit/configured-plugin.ts';
import { createPluginHarness, type TestRequest } from '../testkit.ts';
import requestTermination from './index.ts';

const run = (config: Record<string, unknown>, request: TestRequest = {}) =>
  createPluginHarness(requestTermination, config).run(request);

test('is Kong’s: runs last', () => {
  assert.equal(requestTermination.priority, 2);
});

test('the default is a 503 with a compact JSON message', async () => {
  const result = await run({});
  assert.equal(result.status, 503);
  assert.equal(result.body, '{"message":"Service unavailable"}');
  assert.equal(result.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(result.upstream, undefined);
});

test('default messages by status; other statuses have no body', async () => {
  const bodies = [401, 404, 405, 500, 502, 418, 204].map(async (status_code) => {
    const result = await run({ status_code });
    assert.equal(result.status, status_code);
    return result.body === '' ? '' : JSON.parse(result.body).message;
  });
  assert.deepEqual(await Promise.all(bodies), [
    'Unauthorized',
    'Not found',
    'Method not allowed',
    'An unexpected error occurred',
    'Bad Gateway',
    '',
    '',
  ]);
  assert.equal((await run({ status_code: 418 })).headers['content-type'], undefined);
});

test('message is escaped', async () => {
  assert.equal((await run({ message: 'so "long"' })).body, '{"message":"so \\"long\\""}');
});

test('body with and without content_type', async () => {
  const typed = await run({ status_code: 200, body: '<p>', content_type: 'text/html' });
  assert.deepEqual([typed.status, typed.body, typed.headers['content-type']], [200, '<p>', 'text/html']);
  const plain = await run({ body: 'plain' });
  assert.deepEqual([plain.body, plain.headers['content-type']], ['plain', undefined]);
});

test('trigger: only requests with that header or query argument', async () => {
  const config = { trigger: 'x-stop' };
  assert.equal((await run(config)).status, 200);
  assert.equal((await run(config, { headers: { 'X-Stop': '' } })).status, 503);
  assert.equal((await run(config, { path: '/?x-stop' })).status, 503);
  assert.equal((await run(config, { path: '/?y=x-stop' })).status, 200);
});

test('echo describes the request', async () => {
  const result = await run(
    { echo: true, status_code: 404 },
    {
      method: 'POST',
      scheme: 'https',
      port: 8443,
      path: '/a/b?x=1&x=2&flag',
      headers: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      body: 'k=v&k=w&z=%20',
      captures: { name: 'b', 1: 'b' },
    },
  );
  assert.equal(result.status, 404);
  assert.equal(result.headers['content-type'], 'application/json; charset=utf-8');
  const echoed = JSON.parse(result.body);
  assert.equal(echoed.message, 'Not found');
  assert.deepEqual(echoed.kong, {
    node_id: '88888888-8888-4888-8888-888888888888',
    worker_pid: process.pid,
    hostname: 'test-node',
  });
  assert.deepEqual(echoed.request, {
    scheme: 'https',
    host: 'gateway.test',
    port: 8443,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-a': ['1', '2'] },
    query: { x: ['1', '2'], flag: true },
    body: { k: ['v', 'w'], z: ' ' },
    raw_body: 'k=v&k=w&z=%20',
    method: 'POST',
    path: '/a/b',
    uri_captures: { named: { name: 'b' }, unnamed: ['b'] },
  });
  assert.equal(echoed.matched_route.name, 'test-route');
  assert.equal(echoed.matched_service.name, 'test-service');
});

test('echo with a message and a trigger', async () => {
  const config = { echo: true, trigger: 'debug', message: 'hi' };
  assert.equal((await run(config)).status, 200);
  assert.equal(JSON.parse((await run(config, { path: '/?debug=1' })).body).message, 'hi');
});

test('what excludes what', () => {
  const errors = (config: Record<string, unknown>) =>
    configuredPlugin(requestTermination, config).problems.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  assert.deepEqual(errors({ message: 'm', body: 'b' }), [
    'config.@entity: message cannot be used with content_type or body',
  ]);
  assert.deepEqual(errors({ message: 'm', content_type: 'c' }), [
    'config.@entity: message cannot be used with content_type or body',
  ]);
  assert.deepEqual(errors({ content_type: 'c' }), ['config.@entity: content_type requires a body']);
  assert.deepEqual(errors({ echo: true, body: 'b' }), [
    'config.@entity: echo cannot be used with content_type and body',
  ]);
  assert.deepEqual(errors({ body: 'b', content_type: 'c' }), []);
  assert.deepEqual(errors({ status_code: 600 }), ['config.status_code: value should be between 100 and 599']);
});
