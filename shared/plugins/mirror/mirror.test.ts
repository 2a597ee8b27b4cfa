/** mirror: what a copy is, shares, bounds, copies of copies, places that do not answer. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createPluginHarness } from '../testkit.ts';
import plugin from './index.ts';

interface Seen {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A place for copies; `answers` false: it reads and never answers. */
async function place(t: TestContext, answers = true) {
  const seen: Seen[] = [];
  let wake = (): void => {};
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      if (answers) response.end('ignored');
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async until(count: number) {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

async function counted(harness: { metricsText(): string }, outcome: string, count: number): Promise<void> {
  const line = new RegExp(
    `cardinal_mirrored_requests_total\\{url="[^"]*",outcome="${outcome}"\\} ${count}\\n`,
  );
  for (let wait = 0; wait < 200 && !line.test(harness.metricsText()); wait++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(harness.metricsText(), line);
}

test('a copy: method, path, query, headers and body', async (t) => {
  const to = await place(t);
  const harness = createPluginHarness(plugin, {
    url: `${to.url}/shadow/`,
    headers: { Authorization: 'none' },
  });
  t.after(() => harness.close());
  const result = await harness.run({
    method: 'POST',
    path: '/a b/ü?q=1',
    headers: {
      Authorization: 'Bearer x',
      'X-A': '1',
      Connection: 'X-Hop',
      'X-Hop': '1',
      'Content-Length': '3',
    },
    body: 'abc',
  });
  assert.equal(result.status, 200);
  await to.until(1);
  const [copy] = to.seen;
  assert.equal(copy!.line, 'POST /shadow/a%20b/%C3%BC?q=1');
  assert.equal(copy!.body, 'abc');
  assert.equal(copy!.headers['authorization'], 'none');
  assert.equal(copy!.headers['x-a'], '1');
  assert.equal(copy!.headers['x-hop'], undefined);
  assert.equal(copy!.headers['x-cardinal-mirror'], '1');
  assert.equal(`http://${copy!.headers['host']}`, to.url);
  await counted(harness, 'sent', 1);
});

test('shares, copies of copies, and bodies that are too long', async (t) => {
  const to = await place(t);
  const half = createPluginHarness(plugin, { url: to.url, percentage: 50, max_body_bytes: 3 });
  t.after(() => half.close());
  const random = t.mock.method(Math, 'random', () => 0.5);
  await half.run({ path: '/no' });
  random.mock.mockImplementation(() => 0.1);
  await half.run({ path: '/copy', headers: { 'X-Cardinal-Mirror': '1' } });
  await half.run({ path: '/long', body: 'abcd' });
  await half.run({ path: '/longer', headers: { 'Content-Length': '4' }, body: 'abcd' });
  await half.run({ path: '/yes', body: 'abc' });
  await counted(half, 'sent', 1);
  await counted(half, 'dropped', 2);
  assert.deepEqual(
    to.seen.map(({ line }) => line),
    ['GET /yes'],
  );
});

test('a place that does not answer holds so many copies; the oldest that waits is dropped', async (t) => {
  const to = await place(t, false);
  const harness = createPluginHarness(plugin, {
    url: to.url,
    max_concurrency: 1,
    max_waiting: 1,
    timeout: 50,
  });
  t.after(() => harness.close());
  for (const path of ['/1', '/2', '/3']) assert.equal((await harness.run({ path })).status, 200);
  await counted(harness, 'dropped', 1);
  await counted(harness, 'failed', 2);
  assert.deepEqual(
    to.seen.map(({ line }) => line),
    ['GET /1', 'GET /3'],
  );
});

test('a place that is not there', async (t) => {
  const gone = await place(t);
  const harness = createPluginHarness(plugin, { url: 'http://127.0.0.1:1' });
  t.after(() => harness.close());
  assert.equal((await harness.run()).status, 200);
  await counted(harness, 'failed', 1);
  assert.equal(gone.seen.length, 0);
});

test('what is wrong with a configuration', () => {
  const refused = (url: string, reason: RegExp) =>
    assert.throws(() => createPluginHarness(plugin, { url }), reason);
  refused('x', /missing scheme in url/);
  refused('ftp://a', /must be an http or https url/);
  refused('http://a/?q', /must have no query/);
  refused('http://u:p@a/', /no user/);
});
