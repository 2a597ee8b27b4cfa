import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { bench, START } from './fixture.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const NOT_FOUND = { message: 'Not found' };

test('a service through its life', async () => {
  const { app } = bench();
  const made = await request(app).post('/services').send({ name: 'orders', host: 'o.example' }).expect(201);
  assert.equal(made.body.retries, 5);
  assert.equal(made.body.created_at, START / 1000);
  assert.equal(made.headers['content-type'], 'application/json; charset=utf-8');
  assert.deepEqual((await request(app).get('/services/orders/').expect(200)).body, made.body);
  const patched = await request(app).patch(`/services/${made.body.id}`).send({ retries: 1 }).expect(200);
  assert.deepEqual([patched.body.retries, patched.body.host], [1, 'o.example']);
  const put = await request(app).put('/services/orders').send({ host: 'p.example' }).expect(200);
  assert.deepEqual([put.body.id, put.body.retries], [made.body.id, 5]);
  await request(app).put(`/services/${ID}`).send({ host: 'new.example' }).expect(200);
  await request(app).delete('/services/orders').expect(204);
  await request(app).delete('/services/orders').expect(204);
  assert.deepEqual((await request(app).get('/services/orders').expect(404)).body, NOT_FOUND);
  const gone = await request(app).patch('/services/orders').send({ retries: 1 }).expect(404);
  assert.equal(gone.body.code, 6);
  assert.equal((await request(app).patch('/plugins/nothing').send({}).expect(404)).body.message, 'Not found');
});

test('the workspace default and encoded segments', async () => {
  const { app } = bench();
  await request(app).post('/default/services').send({ name: 'ä~b', host: 'o.example' }).expect(201);
  await request(app).get('/default/services/%C3%A4%7Eb').expect(200);
  await request(app).get('/default').expect(200);
  await request(app).post('/consumers').send({ username: 'a/b' }).expect(201);
  assert.equal((await request(app).get('/consumers/a%2Fb').expect(200)).body.username, 'a/b');
  await request(app).get('/consumers/a/b').expect(404);
  assert.match((await request(app).get('/consumers/%FF').expect(400)).body.message, /invalid utf-8/);
  await request(app).get('/consumers/%zz').expect(404);
});

test("wrong input is a 400 with Kong's body, a taken name a 409", async () => {
  const { app } = bench();
  const two = await request(app).post('/services').send({ name: 'a b', path: 'x' }).expect(400);
  assert.equal(two.body.code, 2);
  assert.equal(two.body.fields.host, 'required field missing');
  assert.match(two.body.message, /^3 schema violations \(host: required field missing; name: /);
  await request(app).post('/services').send({ name: 'a', host: 'h' }).expect(201);
  const taken = await request(app).post('/services').send({ name: 'a', host: 'h' }).expect(409);
  assert.deepEqual(taken.body, {
    code: 5,
    name: 'unique constraint violation',
    message: `UNIQUE violation detected on '{name="a"}'`,
    fields: { name: 'a' },
  });
  const reference = await request(app)
    .post('/routes')
    .send({ paths: ['/'], service: { id: ID } })
    .expect(400);
  assert.equal(reference.body.code, 4);
  const unresolved = await request(app)
    .post('/routes')
    .send({ paths: ['/'], service: { name: 'x' } })
    .expect(400);
  assert.equal(unresolved.body.code, 13);
  const restricted = bench();
  await request(restricted.app).post('/services').send({ name: 'a', host: 'h' });
  await request(restricted.app)
    .post('/services/a/routes')
    .send({ paths: ['/'] })
    .expect(201);
  const kept = await request(restricted.app).delete('/services/a').expect(400);
  assert.deepEqual(kept.body.fields, { '@referenced_by': 'routes' });
  const key = await request(app).get('/ca_certificates/nothing').expect(400);
  assert.deepEqual([key.body.code, key.body.fields], [1, { id: 'expected a valid UUID' }]);
});

test('nested collections: what belongs to another parent is not there', async () => {
  const { app } = bench();
  await request(app).put(`/services/${ID}`).send({ name: 'a', host: 'h' });
  await request(app).put(`/services/${OTHER}`).send({ name: 'b', host: 'h' });
  const route = await request(app)
    .post('/services/a/routes')
    .send({ name: 'r', paths: ['/'] })
    .expect(201);
  assert.deepEqual(route.body.service, { id: ID });
  await request(app).get('/services/a/routes/r').expect(200);
  await request(app).get('/services/b/routes/r').expect(404);
  await request(app).patch('/services/b/routes/r').send({ name: 'x' }).expect(404);
  await request(app)
    .put('/services/b/routes/r')
    .send({ paths: ['/x'] })
    .expect(404);
  await request(app).delete('/services/b/routes/r').expect(404);
  await request(app).get('/services/nothing/routes').expect(404);
  await request(app)
    .post('/services/nothing/routes')
    .send({ paths: ['/'] })
    .expect(404);
  const put = await request(app)
    .put('/services/b/routes/new')
    .send({ paths: ['/x'] })
    .expect(200);
  assert.deepEqual([put.body.name, put.body.service], ['new', { id: OTHER }]);
  assert.equal(
    (
      await request(app)
        .patch('/services/b/routes/new')
        .send({ paths: ['/y'] })
    ).body.paths[0],
    '/y',
  );
  await request(app).delete('/services/b/routes/new').expect(204);
  await request(app).delete('/services/b/routes/new').expect(404);
  await request(app).put(`/services/b/plugins/${ID}`).send({ name: 'key-auth' }).expect(200);
  assert.equal((await request(app).get(`/services/b/plugins`)).body.data[0].service.id, OTHER);
});

test('credentials below their consumer and on their own', async () => {
  const { app, managed } = bench();
  await request(app).post('/consumers').send({ username: 'ann' }).expect(201);
  await request(app).post('/consumers').send({ username: 'bob' }).expect(201);
  const key = await request(app)
    .post('/consumers/ann/key-auth')
    .send({ key: 'secret-1', ttl: 60 })
    .expect(201);
  assert.equal(key.body.ttl, 60);
  managed.now += 10_000;
  assert.equal((await request(app).get('/key-auths/secret-1').expect(200)).body.ttl, 50);
  await request(app).get('/consumers/bob/key-auth/secret-1').expect(404);
  assert.equal((await request(app).get('/key-auths/secret-1/consumer').expect(200)).body.username, 'ann');
  await request(app).put(`/consumers/bob/key-auth/${ID}`).send({ key: 'secret-2' }).expect(200);
  assert.equal((await request(app).get('/key-auths')).body.data.length, 2);
  await request(app).delete('/consumers/ann/key-auth/secret-1').expect(204);
  for (const { authors } of managed.commits) assert.doesNotMatch(authors[0]?.summary ?? '', /secret/);
  assert.equal(managed.commits[0]?.authors[0]?.summary, 'DELETE /consumers/ann/key-auth/***');

  const group = await request(app).post('/consumers/ann/acls').send({ group: 'admins' }).expect(201);
  assert.deepEqual((await request(app).get('/consumers/ann/acls/admins').expect(200)).body, group.body);
  await request(app).put('/consumers/ann/acls/ops').send({}).expect(200);
  await request(app)
    .put('/consumers/ann/acls/ops')
    .send({ tags: ['x'] })
    .expect(200);
  assert.equal((await request(app).get('/consumers/ann/acls')).body.data.length, 2);
  await request(app).delete('/consumers/ann/acls/admins').expect(204);
  assert.equal((await request(app).get('/acls/admins').expect(400)).body.code, 1);
  await request(app).get('/consumers/ann/basic-auth').expect(200);
});

test('the entity that another one refers to', async () => {
  const { app } = bench();
  await request(app)
    .post('/routes')
    .send({ name: 'r', paths: ['/'] })
    .expect(201);
  await request(app).get('/routes/r/service').expect(404);
  await request(app).patch('/routes/r/service').send({ host: 'x' }).expect(404);
  await request(app).delete('/routes/r/service').expect(404);
  const made = await request(app).put('/routes/r/service').send({ host: 'h.example' }).expect(200);
  assert.deepEqual((await request(app).get('/routes/r')).body.service, { id: made.body.id });
  const changed = await request(app).put('/routes/r/service').send({ host: 'i.example' }).expect(200);
  assert.equal(changed.body.id, made.body.id);
  assert.equal((await request(app).patch('/routes/r/service').send({ port: 81 })).body.host, 'i.example');
  assert.deepEqual((await request(app).delete('/routes/r/service').expect(405)).body, {
    message: 'Method not allowed',
  });
});

test('consumers by custom_id', async () => {
  const { app } = bench();
  await request(app).post('/consumers').send({ custom_id: 'c 1' });
  assert.equal((await request(app).get('/consumers?custom_id=c+1')).body.data[0].custom_id, 'c 1');
  assert.deepEqual((await request(app).get('/consumers?custom_id=c2')).body, { data: [], next: null });
  assert.deepEqual((await request(app).get('/consumers?custom_id=').expect(400)).body, {
    message: 'custom_id must be an unempty string',
  });
});

test('targets: newest first, PUT changes and never makes', async () => {
  const { app, managed } = bench();
  await request(app).post('/upstreams').send({ name: 'u.example' }).expect(201);
  for (const target of ['10.0.0.1', '10.0.0.2:80', '[::1]:81']) {
    managed.now += 1500;
    await request(app).post('/upstreams/u.example/targets').send({ target }).expect(201);
  }
  const { body } = await request(app).get('/upstreams/u.example/targets').expect(200);
  assert.deepEqual(
    body.data.map((one: { target: string }) => one.target),
    ['[0000:0000:0000:0000:0000:0000:0000:0001]:81', '10.0.0.2:80', '10.0.0.1:8000'],
  );
  assert.equal(body.data[0].created_at, START / 1000 + 4.5);
  assert.deepEqual((await request(app).get('/upstreams/u.example/targets/all')).body.data, body.data);
  await request(app).get('/upstreams/u.example/targets/[::1]:81').expect(200);
  const put = await request(app).put('/upstreams/u.example/targets/10.0.0.1').send({ weight: 3 }).expect(200);
  assert.deepEqual([put.body.weight, put.body.target], [3, '10.0.0.1:8000']);
  assert.deepEqual(
    (await request(app).put(`/upstreams/u.example/targets/${ID}`).send({}).expect(404)).body,
    NOT_FOUND,
  );
  await request(app).delete('/upstreams/u.example/targets/10.0.0.2:80').expect(204);
  await request(app).delete('/upstreams/u.example/targets/10.0.0.2:80').expect(404);
  await request(app).post('/upstreams/u.example/targets').send({ target: '10.0.0.1:8000' }).expect(409);
  await request(app).get('/targets').expect(404);
});

test('filter chains are not there, as in a Kong without Wasm', async () => {
  const { app } = bench();
  for (const path of ['/filter-chains', `/filter-chains/${ID}`, '/services/x/filter-chains'])
    assert.deepEqual((await request(app).get(path).expect(400)).body, {
      message: 'this endpoint is only available when wasm is enabled',
    });
});
