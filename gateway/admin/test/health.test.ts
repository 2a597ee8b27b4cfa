import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import type { EndpointHealth } from '../../../shared/upstream/contract.ts';
import { bench, POOL } from './fixture.ts';

const row = (target: string, ip: string, health: EndpointHealth['health'], weight = 100): EndpointHealth => ({
  target,
  ip,
  port: 8000,
  weight,
  health,
});

async function withHealth(rows: readonly EndpointHealth[] | undefined, found = 1) {
  const marks: unknown[][] = [];
  const upstreams = rows === undefined ? [] : [{ name: 'u.example', health: rows }];
  const made = bench({
    poolStatus: async () => ({ ...POOL, upstreams }),
    workers: {
      markTarget: async (...mark) => {
        marks.push(mark);
        return found;
      },
      operatePlugin: async () => [],
      setLogLevel: async () => {},
    },
  });
  const { body } = await request(made.app)
    .post('/upstreams')
    .send({ name: 'u.example', healthchecks: { threshold: 40 } })
    .expect(201);
  for (const [target, weight] of [
    ['10.0.0.1', 100],
    ['name.example', 100],
    ['off.example', 0],
    ['gone.example', 100],
  ]) {
    made.managed.now += 1000;
    await request(made.app).post('/upstreams/u.example/targets').send({ target, weight }).expect(201);
  }
  return { ...made, marks, upstream: body.id as string };
}

const ROWS = [
  row('10.0.0.1:8000', '10.0.0.1', 'UNHEALTHY'),
  row('name.example:8000', '10.0.0.2', 'UNHEALTHY'),
  row('name.example:8000', '10.0.0.3', 'HEALTHY'),
  row('off.example:8000', '10.0.0.4', 'HEALTHCHECKS_OFF', 0),
  row('gone.example:8000', '', 'DNS_ERROR'),
];

test('health of each target, newest first', async () => {
  const { app } = await withHealth(ROWS);
  const { body } = await request(app).get('/upstreams/u.example/health').expect(200);
  assert.deepEqual(
    body.data.map((one: { target: string; health: string }) => [one.target, one.health]),
    [
      ['gone.example:8000', 'DNS_ERROR'],
      ['off.example:8000', 'HEALTHCHECKS_OFF'],
      ['name.example:8000', 'HEALTHY'],
      ['10.0.0.1:8000', 'UNHEALTHY'],
    ],
  );
  assert.deepEqual(body.data[2].data.weight, { total: 200, unavailable: 100, available: 100 });
  assert.equal(body.data[2].data.addresses[1].ip, '10.0.0.3');
  assert.match(body.node_id, /^[0-9a-f-]{36}$/);
  const unused = await request((await withHealth(undefined)).app).get('/upstreams/u.example/health');
  assert.equal(unused.body.data[0].health, 'HEALTHCHECKS_OFF');
  await request(app).get('/upstreams/nothing/health').expect(404);
});

test('health of the whole', async () => {
  const { app, upstream } = await withHealth(ROWS);
  const { data } = (await request(app).get('/upstreams/u.example/health?balancer_health=1').expect(200)).body;
  assert.deepEqual([data.id, data.health], [upstream, 'UNHEALTHY']);
  assert.deepEqual(data.details.weight, { total: 300, unavailable: 200, available: 100 });
  assert.equal(data.details.hosts.length, 4);
  const up = await withHealth([row('10.0.0.1:8000', '10.0.0.1', 'HEALTHY')]);
  assert.equal(
    (await request(up.app).get('/upstreams/u.example/health?balancer_health=1')).body.data.health,
    'HEALTHY',
  );
});

test('marking by hand reaches the workers', async () => {
  const { app, marks, upstream } = await withHealth(ROWS);
  await request(app).put('/upstreams/u.example/targets/10.0.0.1/unhealthy').expect(204);
  await request(app).put('/upstreams/u.example/targets/name.example:8000/10.0.0.3:8000/healthy').expect(204);
  await request(app)
    .put(`/upstreams/${upstream}/targets/10.0.0.1/[::1]:8000/healthy`)
    .set('Content-Type', 'application/json')
    .expect(204);
  assert.deepEqual(marks, [
    [upstream, '10.0.0.1:8000', undefined, false],
    [upstream, 'name.example:8000', '10.0.0.3:8000', true],
    [upstream, '10.0.0.1:8000', '[0000:0000:0000:0000:0000:0000:0000:0001]:8000', true],
  ]);
  await request(app).put('/upstreams/u.example/targets/10.9.9.9/healthy').expect(404);
  await request(app).put('/upstreams/u.example/targets/10.0.0.1/no address/healthy').expect(400);
  const { app: none } = await withHealth(ROWS, 0);
  await request(none).put('/upstreams/u.example/targets/10.0.0.1/healthy').expect(400);
});
