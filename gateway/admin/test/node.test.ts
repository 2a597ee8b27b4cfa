import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { bench, POOL, registry, withoutStore } from './fixture.ts';

test('GET / says what clients look at', async () => {
  const { app, managed } = bench();
  await request(app).post('/plugins').send({ name: 'key-auth' });
  const { body } = await request(app).get('/').expect(200);
  assert.deepEqual([body.version, body.cardinal_version], ['3.9.1', '9.9.9']);
  assert.deepEqual(Object.keys(body.plugins.available_on_server).sort(), [...registry.names()]);
  assert.deepEqual(body.plugins.available_on_server['key-auth'].priority, 1250);
  assert.deepEqual(body.plugins.enabled_in_cluster, ['key-auth']);
  assert.equal(body.configuration.database, 'memory');
  assert.equal(body.configuration.role, 'traditional');
  assert.equal(body.configuration.store, 'redis://******@10.0.0.1:6379/0');
  assert.equal(body.configuration.join_token, '******');
  assert.doesNotMatch(JSON.stringify(body), /word/);
  managed.source = 'file';
  assert.equal((await request(app).get('/')).body.configuration.database, 'off');
});

test('GET /status: reach of the store, or the hash', async () => {
  let reachable = true;
  const { app } = bench({ storeReachable: async () => reachable });
  const { body } = await request(app).get('/status?unit=b').expect(200);
  assert.deepEqual(body.database, { reachable: true });
  assert.equal('configuration_hash' in body, false);
  assert.equal(body.memory.workers_lua_vms[0].http_allocated_gc, 3 * 1024 ** 2);
  reachable = false;
  assert.deepEqual((await request(app).get('/status')).body.database, { reachable: false });
  const scaled = await request(app).get('/status?unit=M&scale=1');
  assert.equal(scaled.body.memory.workers_lua_vms[0].http_allocated_gc, '3.0 MiB');
  await request(app).get('/status?unit=V').expect(400);
  const none = withoutStore();
  const { body: noStore } = await request(none.app).get('/status').expect(200);
  assert.deepEqual([noStore.configuration_hash, 'database' in noStore], ['0'.repeat(32), false]);
});

test('the list of endpoints', async () => {
  const { data } = (await request(bench().app).get('/endpoints').expect(200)).body;
  for (const path of [
    '/',
    '/consumers/{consumers}/key-auth/{keyauth_credentials}',
    '/key-auths/{keyauth_credentials}/consumer',
    '/services/{services}/routes/{routes}',
    '/upstreams/{upstreams}/targets/{targets}/{address}/healthy',
    '/schemas/plugins/{name}',
    '/_cardinal/history/{generation}/restore',
  ])
    assert.ok(data.includes(path), path);
  assert.equal(data.includes('/targets'), false);
  assert.ok(data.indexOf('/services/{services}/routes') < data.indexOf('/snis'));
});

test('the level of the log, for a while or for good', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { app, levels } = bench();
  const level = async () => (await request(app).get('/debug/node/log-level').expect(200)).body.message;
  const put = (path: string) => request(app).put(`/debug/node/log-level/${path}`);
  assert.equal(await level(), 'log level: notice');
  assert.equal((await put('notice').expect(200)).body.message, 'log level is already notice');
  assert.equal((await put('debug').expect(200)).body.message, 'log level changed');
  assert.equal((await request(app).get('/')).body.configuration.log_level, 'debug');
  t.mock.timers.tick(59_999);
  assert.equal(await level(), 'log level: debug');
  t.mock.timers.tick(1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await level(), 'log level: notice');
  await put('warn?timeout=0').expect(200);
  await put('debug?timeout=5').expect(200);
  t.mock.timers.tick(5000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await level(), 'log level: warn');
  assert.deepEqual(levels, ['debug', 'notice', 'warn', 'debug', 'warn']);
  assert.equal((await put('loud').expect(400)).body.message, 'unknown log level: loud');
  assert.equal(
    (await put('info?timeout=-1').expect(400)).body.message,
    'timeout must be greater than or equal to 0',
  );
  await request(app).put('/debug/cluster/log-level/info').expect(200);
});

test('data planes of a control plane', async () => {
  const none = await request(bench().app).get('/clustering/data-planes').expect(400);
  assert.match(none.body.message, /only available when Kong is configured to run as Control Plane/);
  await request(bench().app).get('/clustering/status').expect(400);
  const row = { id: 'a', hostname: 'h', ip: '10.0.0.1', last_seen: 1, config_hash: 'x', version: '1' };
  const { app } = bench({ role: 'control_plane', dataPlanes: async () => [row] });
  assert.deepEqual((await request(app).get('/clustering/data-planes')).body.data, [row]);
  const status = await request(app).get('/clustering/status').expect(200);
  assert.deepEqual(status.body, { a: { config_hash: 'x', hostname: 'h', ip: '10.0.0.1', last_seen: 1 } });
  assert.equal(status.headers['deprecation'], 'true');
  assert.equal((await request(app).get('/')).body.configuration.role, 'control_plane');
  await request(app).post('/upstreams').send({ name: 'u.example' });
  await request(app).post('/upstreams/u.example/targets').send({ target: '10.0.0.1' });
  await request(app).put('/upstreams/u.example/targets/10.0.0.1/healthy').expect(404);
});

test('caches, timers, metrics', async () => {
  const { app } = bench();
  await request(app).get('/cache/x').expect(404);
  await request(app).delete('/cache/x').expect(204);
  await request(app).delete('/cache').expect(204);
  assert.equal((await request(app).get('/timers').expect(200)).body.worker.count, POOL.workers.length);
  const metrics = await request(app).get('/metrics').expect(200);
  assert.equal(metrics.headers['content-type'], 'text/plain; charset=UTF-8');
  await request(app).get('/status/dns').expect(501);
});
