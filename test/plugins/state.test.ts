/** Plugins that keep state, through a real engine and real connections, at the edge and beside a service. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { bundledPlugins, configurationOf } from '../harness/configuration.ts';
import { NO_REDIS, startRedis, until } from '../harness/redis-server.ts';
import { KINDS, startPlugin } from './one-plugin.ts';

const plugins = await bundledPlugins();

/** An application whose every answer a test gives, and a gateway before it. */
async function startApp(t: TestContext, plugin: string, config: string, answer: http.RequestListener) {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const clock = { now: Date.UTC(2026, 0, 1) };
  const gateway = await startGateway(t, {
    configuration: await configurationOf(
      `
_format_version: "3.0"
plugins: [{ name: ${plugin}, config: ${config} }]
services: [{ name: app, url: "http://127.0.0.1:${port}", retries: 0, routes: [{ name: app, paths: [/] }] }]
`,
      plugins,
    ),
    plugins,
    now: () => clock.now,
  });
  return {
    clock,
    gateway,
    server,
    async client() {
      const client = await connect(t, gateway.port);
      return async (target = '/', method = 'GET', fields = '') => {
        client.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
        return client.response(method);
      };
    },
  };
}

for (const kind of KINDS) {
  test(`${kind}: rate-limiting with the fields of the draft`, async (t) => {
    const { ask } = await startPlugin(t, kind, 'rate-limiting', '{ minute: 1, ietf_headers: true }');
    assert.equal((await ask()).one('ratelimit'), '"minute";r=0;t=60');
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.one('ratelimit-policy'), '"minute";q=1;w=60');
  });

  test(`${kind}: rate-limiting-advanced`, async (t) => {
    const config = '{ limit: [2, 100], window_size: [1, 60], disable_penalty: true }';
    const { ask, upstream } = await startPlugin(t, kind, 'rate-limiting-advanced', config);
    assert.equal((await ask()).one('x-ratelimit-remaining-second'), '1');
    assert.equal((await ask()).status, 200);
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.one('retry-after'), '2');
    assert.equal(refused.one('x-ratelimit-remaining-minute'), '98');
    assert.equal((await ask({ 'X-Real-IP': '192.0.2.1' })).status, 200);
    assert.equal(upstream.seen.length, 3);
  });

  test(`${kind}: response-ratelimiting`, async (t) => {
    const config = '{ limits: { video: { minute: 2 } }, header_name: X-Echo }';
    // The application says `X-Echo: <port>`, which is the name of no limit.
    const { ask, upstream } = await startPlugin(t, kind, 'response-ratelimiting', config);
    const response = await ask({ 'X-RateLimit-Remaining-video': '9' });
    assert.equal(upstream.seen[0]!.headers['x-ratelimit-remaining-video'], '2');
    assert.equal(response.one('x-ratelimit-remaining-video-minute'), '2');
    assert.equal(response.one('x-echo'), undefined);
  });

  test(`${kind}: proxy-cache`, async (t) => {
    const { ask, upstream } = await startPlugin(t, kind, 'proxy-cache', '{ strategy: memory }');
    const miss = await ask();
    assert.equal(miss.one('x-cache-status'), 'Miss');
    const hit = await ask();
    assert.equal(hit.one('x-cache-status'), 'Hit');
    assert.deepEqual(hit.body, miss.body);
    assert.equal(hit.one('content-length'), String(miss.body.length));
    assert.equal(hit.one('content-type'), 'application/json');
    assert.equal(hit.lines.filter(([name]) => name.toLowerCase() === 'date').length, 1);
    assert.equal(hit.one('age'), '0');
    const head = await ask({}, 'HEAD');
    assert.equal(head.one('content-length'), String(miss.body.length));
    assert.equal((await ask({ Range: 'bytes=0-4' })).body.toString(), miss.body.subarray(0, 5).toString());
    assert.equal((await ask({}, 'DELETE')).one('x-cache-status'), 'Bypass');
    assert.equal(upstream.seen.length, 2);
  });
}

test('response-ratelimiting: what is used up is not relayed', async (t) => {
  const { client } = await startApp(
    t,
    'response-ratelimiting',
    '{ limits: { v: { hour: 2 } } }',
    (_, response) => response.writeHead(200, { 'X-Kong-Limit': 'v=2' }).end('x'.repeat(50_000)),
  );
  const ask = await client();
  assert.equal((await ask()).body.length, 50_000);
  const refused = await ask();
  assert.equal(refused.status, 429);
  assert.equal(refused.body.length, 0);
  assert.equal((await ask()).status, 429, 'the connection lives on');
});

test('proxy-cache: requests that need the same wait for one', async (t) => {
  const waiting: http.ServerResponse[] = [];
  const app = await startApp(t, 'proxy-cache', '{ strategy: memory, content_type: ["*/*"] }', (_, response) =>
    waiting.push(response),
  );
  const asking = [];
  for (let n = 0; n < 8; n++) asking.push((await app.client())('/same'));
  await until(() => waiting.length > 0);
  waiting[0]!.writeHead(200, { 'Content-Type': 'a/b' });
  waiting[0]!.end('once');
  const answers = await Promise.all(asking);
  assert.equal(waiting.length, 1);
  assert.deepEqual(new Set(answers.map(({ body }) => body.toString())), new Set(['once']));
  assert.deepEqual(answers.map((answer) => answer.one('x-cache-status')).sort(), [
    ...Array(7).fill('Hit'),
    'Miss',
  ]);
});

test('proxy-cache: who waits goes on when what comes is not stored, or the one who fetches fails', async (t) => {
  let count = 0;
  const app = await startApp(
    t,
    'proxy-cache',
    '{ strategy: memory, content_type: ["*/*"] }',
    (request, response) => {
      count++;
      if (request.url === '/cut' && count === 1) {
        response.writeHead(200, { 'Content-Type': 'a/b', 'Content-Length': '9' });
        response.write('x', () => setTimeout(() => response.destroy(), 20));
        return;
      }
      setTimeout(() => {
        if (request.url === '/own') response.setHeader('Set-Cookie', `n=${count}`);
        response.setHeader('Content-Type', 'a/b');
        response.end('whole');
      }, 20);
    },
  );
  const cut = assert.rejects((await app.client())('/cut'));
  await until(() => count === 1);
  const second = (await app.client())('/cut');
  await cut;
  assert.equal((await second).body.toString(), 'whole');
  assert.equal((await (await app.client())('/cut')).one('x-cache-status'), 'Hit');
  const own = await Promise.all([1, 2, 3].map(async () => (await app.client())('/own')));
  assert.deepEqual(new Set(own.map((answer) => answer.one('x-cache-status'))), new Set(['Bypass']));
  assert.equal(new Set(own.flatMap((answer) => answer.one('set-cookie'))).size > 0, true);
});

test('proxy-cache: revalidation, and stale while it is revalidated', async (t) => {
  const conditions: (string | undefined)[] = [];
  let body = 'v1';
  const app = await startApp(
    t,
    'proxy-cache',
    '{ strategy: memory, content_type: ["*/*"], cache_control: true }',
    (request, response) => {
      conditions.push(request.headers['if-none-match']);
      const etag = `"${body}"`;
      response.setHeader('Cache-Control', 'max-age=60, stale-while-revalidate=60');
      response.setHeader('ETag', etag);
      response.removeHeader('Date');
      response.sendDate = false;
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { 'Content-Type': 'a/b' }).end(body);
    },
  );
  const ask = await app.client();
  assert.equal((await ask()).one('x-cache-status'), 'Miss');
  app.clock.now += 200_000;
  const again = await ask();
  assert.equal(again.one('x-cache-status'), 'Miss', 'no longer kept');
  app.clock.now += 61_000;
  body = 'v2';
  assert.equal((await ask()).body.toString(), 'v1', 'the stale one, at once');
  await until(() => conditions.length === 3);
  await until(async () => (await ask()).body.toString() === 'v2');
  assert.deepEqual(conditions, [undefined, undefined, '"v1"']);
  const forced = await ask('/', 'GET', 'Cache-Control: max-age=0\r\n');
  assert.equal(forced.body.toString(), 'v2');
  app.clock.now += 10_000;
  const refreshed = await ask('/', 'GET', 'Cache-Control: max-age=5\r\n');
  assert.equal(refreshed.one('x-cache-status'), 'Refresh');
  assert.equal(refreshed.status, 200);
  assert.equal(refreshed.body.toString(), 'v2');
  assert.equal(conditions.at(-1), '"v2"');
});

test('proxy-cache: stale if there is an error; the operations of the engine', async (t) => {
  let healthy = true;
  const app = await startApp(
    t,
    'proxy-cache',
    '{ strategy: memory, content_type: ["*/*"], cache_control: true }',
    (_, response) => {
      response.sendDate = false;
      const control = 'max-age=60, stale-if-error=600';
      if (healthy) response.writeHead(200, { 'Content-Type': 'a/b', 'Cache-Control': control }).end('good');
      else response.writeHead(503).end('bad');
    },
  );
  const ask = await app.client();
  const key = (await ask()).one('x-cache-key');
  app.clock.now += 100_000;
  healthy = false;
  for (let n = 0; n < 3; n++) {
    const stale = await ask();
    assert.equal(stale.body.toString(), 'good');
    assert.equal(stale.one('age'), '100');
  }
  app.server.closeAllConnections();
  await new Promise((resolve) => app.server.close(resolve));
  assert.equal((await ask()).body.toString(), 'good', 'nobody is there');
  const command = { plugin: 'proxy-cache', id: undefined, operation: 'get', key };
  const [shown] = (await app.gateway.engine.operatePlugin(command)) as { body: string }[];
  assert.equal(shown!.body, 'good');
  assert.deepEqual(await app.gateway.engine.operatePlugin({ ...command, operation: 'purge' }), [true]);
  assert.equal((await ask()).status, 502);
  assert.deepEqual(await app.gateway.engine.operatePlugin({ ...command, id: 'another' }), []);
});

test('one Redis, two gateways: exactly the limit; a shared cache; frozen, nobody waits for long', {
  skip: NO_REDIS,
}, async (t) => {
  const redis = await startRedis(t);
  const where = `redis: { host: 127.0.0.1, port: ${redis.port}, max_wait: 2000 }`;
  const limited = `{ hour: 100, limit_by: service, policy: redis, ${where} }`;
  let asked = 0;
  const answer: http.RequestListener = (_, response) => {
    asked++;
    response.end('ok');
  };
  const [one, other] = [
    await startApp(t, 'rate-limiting', `${limited.replace('service', 'ip')}`, answer),
    await startApp(t, 'rate-limiting', `${limited.replace('service', 'ip')}`, answer),
  ];
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other)!.client()),
  );
  const statuses: number[] = [];
  await Promise.all(
    clients.map(async (ask) => {
      for (let n = 0; n < 20; n++) statuses.push((await ask()).status);
    }),
  );
  assert.equal(statuses.length, 400);
  assert.equal(statuses.filter((status) => status === 200).length, 100);
  assert.equal(asked, 100);
  redis.freeze();
  const alone = await Promise.all(clients.slice(0, 4).map((ask) => ask()));
  assert.deepEqual(new Set(alone.map(({ status }) => status)), new Set([200]), 'counted within the nodes');
  redis.thaw();
  await until(async () => (await clients[0]!()).status === 429);

  const cached = `{ strategy: redis, content_type: ["*/*"], ${where} }`;
  let fetched = 0;
  const page: http.RequestListener = (_, response) => {
    fetched++;
    response.setHeader('Content-Type', 'a/b');
    response.end('page');
  };
  const first = await startApp(t, 'proxy-cache', cached, page);
  const ask = await first.client();
  assert.equal((await ask('/p')).one('x-cache-status'), 'Miss');
  await until(async () => (await ask('/p')).one('x-cache-status') === 'Hit');
  assert.ok(fetched < 3);
  await first.gateway.engine.operatePlugin({
    plugin: 'proxy-cache',
    id: undefined,
    operation: 'purge',
    key: undefined,
  });
  assert.equal((await ask('/p')).one('x-cache-status'), 'Miss');
  await redis.kill();
  const without = await ask('/p');
  assert.equal(without.status, 200);
  assert.equal(without.body.toString(), 'page');
});
