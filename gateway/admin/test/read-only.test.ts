import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { bench } from './fixture.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const unsupported = (text: string) => ({ code: 12, name: 'operation unsupported', message: text });

async function readOnlyBench() {
  const made = bench();
  await request(made.app).put(`/services/${ID}`).send({ name: 's', host: 'h' }).expect(200);
  await request(made.app)
    .post('/services/s/routes')
    .send({ name: 'r', paths: ['/'] })
    .expect(201);
  await request(made.app).post('/upstreams').send({ name: 'u.example' }).expect(201);
  await request(made.app).post('/upstreams/u.example/targets').send({ target: '10.0.0.1' }).expect(201);
  made.managed.writable = false;
  made.managed.source = 'file';
  return made;
}

test('without a store everything can be read and nothing changed', async () => {
  const { app, managed } = await readOnlyBench();
  const generation = managed.generation;
  await request(app).get('/services/s/routes/r').expect(200);
  for (const [method, path, text] of [
    ['post', '/routes', `cannot create 'routes' entities when not using a database`],
    ['post', '/services/s/routes', `cannot create 'routes' entities when not using a database`],
    ['put', `/services/${ID}`, `cannot create or update 'services' entities when not using a database`],
    ['put', '/services/s', `cannot create or update 'services' entities by 'name' when not using a database`],
    ['patch', '/routes/r', `cannot update 'routes' entities by 'name' when not using a database`],
    ['patch', `/services/${ID}`, `cannot update 'services' entities when not using a database`],
    ['delete', '/services/s', `cannot remove 'services' entities by 'name' when not using a database`],
    ['put', '/routes/r/service', `cannot create or update 'services' entities when not using a database`],
    [
      'put',
      '/upstreams/u.example/targets/10.0.0.1',
      `cannot update 'targets' entities when not using a database`,
    ],
    [
      'post',
      '/_cardinal/history/1/restore',
      `cannot create or update 'history' entities when not using a database`,
    ],
  ] as const) {
    const { body } = await request(app)[method](path).send({}).expect(405);
    assert.deepEqual(body, unsupported(text), `${method} ${path}`);
  }
  assert.equal(managed.generation, generation);
});

test('what does not exist is said before that nothing can be changed', async () => {
  const { app } = await readOnlyBench();
  assert.equal((await request(app).patch('/routes/nothing').send({}).expect(404)).body.code, 6);
  await request(app).patch(`/routes/${ID}`).send({}).expect(404);
  await request(app).delete('/routes/nothing').expect(204);
  await request(app).post('/services/nothing/routes').send({}).expect(404);
  await request(app).delete('/services/s/routes/nothing').expect(404);
  await request(app).put('/upstreams/u.example/targets/10.9.9.9').send({}).expect(404);
  for (const method of ['put', 'patch', 'delete'] as const)
    assert.deepEqual((await request(app)[method]('/routes').send({}).expect(405)).body, {
      message: 'Method not allowed',
    });
  const level = await request(app).put('/debug/node/log-level/debug').expect(405);
  assert.equal(level.body.message, 'cannot change log level when not using a database');
});

test('/config is there without a store alone', async () => {
  const { app } = await readOnlyBench();
  const { config } = (await request(app).get('/config').expect(200)).body;
  assert.match(config, /_format_version: "3.0"/);
  assert.match(config, /name: s\n/);
  for (const method of ['get', 'post'] as const) {
    const { body } = await request(bench().app)[method]('/config').expect(400);
    assert.deepEqual(body, {
      message: 'this endpoint is only available when Kong is configured to not use a database',
    });
  }
});
