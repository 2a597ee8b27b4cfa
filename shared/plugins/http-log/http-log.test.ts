/** http-log: single records and batches, retries, credentials, what is wrong with a configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpReceiver } from '../senders/test/receivers.ts';
import { createPluginHarness } from '../testkit.ts';
import httpLog from './index.ts';

const SOON = { max_coalescing_delay: 0.01 };

test('is Kong’s: priority', () => {
  assert.equal(httpLog.priority, 12);
});

test('one record is an object', async (t) => {
  const to = await httpReceiver(t);
  const harness = createPluginHarness(httpLog, {
    http_endpoint: `http://ann:p%40ss@127.0.0.1:${to.port}/in?dropped=1`,
    headers: { 'X-Token': 't' },
    method: 'PUT',
    queue: SOON,
  });
  t.after(() => harness.close());
  await harness.run({ path: '/one' });
  await to.until(1);
  const { method, url, headers, body } = to.requests[0]!;
  assert.deepEqual(
    [method, url, headers['x-token'], headers['content-type']],
    ['PUT', '/in', 't', 'application/json'],
  );
  assert.equal(headers['authorization'], `Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
  assert.equal(JSON.parse(body.toString()).request.uri, '/one');
});

test('batches are arrays', async (t) => {
  const to = await httpReceiver(t);
  const harness = createPluginHarness(httpLog, {
    http_endpoint: `http://127.0.0.1:${to.port}/`,
    content_type: 'application/json; charset=utf-8',
    queue: { ...SOON, max_batch_size: 2 },
  });
  t.after(() => harness.close());
  for (const path of ['/1', '/2', '/3']) await harness.run({ path });
  await to.until(2);
  const uris = to.requests.map(({ body }) =>
    JSON.parse(body.toString()).map((record: { request: { uri: string } }) => record.request.uri),
  );
  assert.deepEqual(uris, [['/1', '/2'], ['/3']]);
});

test('another status than success is tried again', async (t) => {
  const answers = [500, 302, 200];
  const to = await httpReceiver(t, () => answers.shift()!);
  const harness = createPluginHarness(httpLog, { http_endpoint: `http://127.0.0.1:${to.port}`, queue: SOON });
  t.after(() => harness.close());
  await harness.run();
  await to.until(3);
  await harness.close();
  assert.match(harness.metricsText(), /cardinal_queue_sent_entries_total\{plugin="http-log"\} 1/);
});

test('a server that is gone: requests do not notice, and the end does not wait for it', async () => {
  const harness = createPluginHarness(httpLog, {
    http_endpoint: 'http://127.0.0.1:1/',
    queue: { ...SOON, max_entries: 5, max_retry_time: 0.05 },
  });
  for (let i = 0; i < 20; i++) assert.equal((await harness.run()).status, 200);
  await harness.close();
  assert.match(
    harness.metricsText(),
    /cardinal_queue_dropped_entries_total\{plugin="http-log",reason="queue_full"\} 15/,
  );
});

test('the queue outlives a change of the configuration that is none', async (t) => {
  const to = await httpReceiver(t);
  const harness = createPluginHarness(httpLog, {
    http_endpoint: `http://127.0.0.1:${to.port}`,
    queue: { max_coalescing_delay: 60 },
  });
  await harness.run({ path: '/waits' });
  assert.equal(to.requests.length, 0);
  await harness.close();
  assert.equal(to.requests.length, 1, 'closing hands over what waits');
});

test('what is wrong with a configuration', () => {
  const refused = (config: Record<string, unknown>, reason: RegExp) =>
    assert.throws(() => createPluginHarness(httpLog, { http_endpoint: 'http://a', ...config }), reason);
  refused({ http_endpoint: 'a' }, /missing scheme in url/);
  refused({ headers: { host: 'a' } }, /cannot contain 'Host' header/);
  refused({ headers: { 'Content-type': 'a' } }, /cannot contain 'Content-Type' header/);
  refused({ headers: { A: 'b\r\nc' } }, /no header value may have/);
  refused(
    { http_endpoint: 'http://u:p@a', headers: { authorization: 'x' } },
    /specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed/,
  );
  refused({ custom_fields_by_lua: { a: 'return 1' } }, /does not run Lua/);
  const { config } = createPluginHarness(httpLog, {
    http_endpoint: 'http://a',
    queue_size: 7,
    flush_timeout: 3,
    retry_count: 2,
  });
  const queue = config['queue'] as Record<string, unknown>;
  assert.deepEqual([queue['max_batch_size'], queue['max_coalescing_delay']], [7, 3]);
});
