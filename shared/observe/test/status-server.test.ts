import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type NotReady, startStatusServer } from '../status-server.ts';

async function start(t: TestContext, reasons: NotReady[] = []) {
  const server = await startStatusServer([{ host: '127.0.0.1', port: 0, ssl: false, backlog: 1 }], {
    notReady: () => reasons,
    status: async () => ({ configuration_hash: 'h' }),
    metrics: async () => {
      if (reasons[0]?.reason === 'broken') throw new Error('secret detail');
      return 'x_total 1\n';
    },
  });
  t.after(() => server.close());
  const base = `http://127.0.0.1:${server.addresses[0]?.port}`;
  return (path: string, init?: RequestInit) => fetch(base + path, init);
}

test('a process that is up and ready', async (t) => {
  const ask = await start(t);
  assert.deepEqual(await (await ask('/livez')).json(), { status: 'alive' });
  const ready = await ask('/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), { status: 'ready' });
  assert.deepEqual(await (await ask('/status/ready')).json(), { message: 'ready' });
  assert.deepEqual(await (await ask('/status/')).json(), { configuration_hash: 'h' });
  const metrics = await ask('/metrics?x=1');
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(await metrics.text(), 'x_total 1\n');
});

test('a process that is not ready says why, and is alive all the same', async (t) => {
  const ask = await start(t, [{ reason: 'draining', message: 'draining' }]);
  const ready = await ask('/readyz');
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), {
    status: 'not ready',
    reasons: [{ reason: 'draining', message: 'draining' }],
  });
  const kong = await ask('/status/ready');
  assert.equal(kong.status, 503);
  assert.deepEqual(await kong.json(), { message: 'draining' });
  assert.equal((await ask('/livez')).status, 200);
});

test('HEAD has no body; other methods and paths are refused', async (t) => {
  const ask = await start(t);
  const head = await ask('/readyz', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const post = await ask('/readyz', { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
  assert.equal((await ask('/config')).status, 404);
});

test('a failure is not described to the client', async (t) => {
  const ask = await start(t, [{ reason: 'broken', message: 'x' }]);
  const answer = await ask('/metrics');
  assert.equal(answer.status, 500);
  assert.ok(!(await answer.text()).includes('secret'));
});

test('all addresses or none', async (t) => {
  const first = await startStatusServer([{ host: '127.0.0.1', port: 0, ssl: false, backlog: 1 }], {
    notReady: () => [],
    status: async () => ({}),
    metrics: async () => '',
  });
  t.after(() => first.close());
  const taken = first.addresses[0]?.port as number;
  const source = { notReady: () => [], status: async () => ({}), metrics: async () => '' };
  const listen = [0, taken].map((port) => ({ host: '127.0.0.1', port, ssl: false, backlog: 1 }));
  await assert.rejects(startStatusServer(listen, source), { code: 'EADDRINUSE', port: taken });
});
