/** The whole configuration as text: what it would change, all of it or nothing, and where it is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { bench, withoutStore } from './fixture.ts';

const PATH = '/_cardinal/config';
const yaml = (app: Parameters<typeof request>[0], text: string, query = '') =>
  request(app).post(`${PATH}${query}`).set('Content-Type', 'application/yaml').send(text);

async function filled() {
  const made = bench();
  await request(made.app)
    .post('/services')
    .send({ name: 'a', host: 'a.example', tags: ['x'] })
    .expect(201);
  await request(made.app)
    .post('/services/a/routes')
    .send({ name: 'a', paths: ['/a'] })
    .expect(201);
  await request(made.app).post('/services/a/plugins').send({ name: 'key-auth' }).expect(201);
  await request(made.app).post('/consumers').send({ username: 'ann' }).expect(201);
  await request(made.app).post('/consumers/ann/key-auth').send({ key: 'secret-of-ann' }).expect(201);
  return made;
}

test('what was read and is sent back changes nothing', async () => {
  const { app, managed } = await filled();
  const { body } = await request(app).get(PATH).expect(200);
  assert.match(body.config, /secret-of-ann/);
  assert.equal(body.generation, managed.generation);
  for (const query of ['?check=1', '']) {
    const { body: answer } = await yaml(app, body.config, query).expect(200);
    assert.deepEqual([answer.changes, answer.changes_total], [[], 0]);
  }
  assert.equal(managed.generation, body.generation);
});

test('a document without ids finds what is there by name, and keeps its ids and what refers to them', async () => {
  const { app } = await filled();
  const before = (await request(app).get('/services/a')).body;
  const text = `
_format_version: "3.0"
services:
- name: a
  host: b.example
  tags: [x]
  plugins: [{name: key-auth}]
  routes: [{name: a, paths: [/a, /b]}, {name: new, paths: [/new]}]
consumers:
- username: ann
  keyauth_credentials: [{key: secret-of-ann}]
`;
  const checked = (await yaml(app, text, '?check=1').expect(200)).body;
  const heads = (changes: { collection: string; name: string; operation: string; fields: string[] }[]) =>
    changes.map(({ collection, name, operation, fields }) => [collection, name, operation, ...fields]).sort();
  const expected = [
    ['routes', 'a', 'update', 'paths'],
    ['routes', 'new', 'create'],
    ['services', 'a', 'update', 'host'],
  ];
  assert.deepEqual(heads(checked.changes), expected);
  assert.equal((await request(app).get('/services/a')).body.host, 'a.example');
  assert.deepEqual(heads((await yaml(app, text).expect(200)).body.changes), expected);
  const after = (await request(app).get('/services/a')).body;
  assert.deepEqual([after.id, after.created_at, after.host], [before.id, before.created_at, 'b.example']);
  assert.equal((await request(app).get('/routes/new')).body.service.id, before.id);
  const { body: history } = await request(app).get('/_cardinal/history');
  assert.equal(history.data[0].changes_total, 3);
  assert.equal(history.data[0].authors[0].summary, `POST ${PATH}`);
});

test('what a document leaves out is deleted; all of it or nothing', async () => {
  const { app, managed } = await filled();
  const generation = managed.generation;
  const { body } = await yaml(app, '_format_version: "3.0"\nconsumers: [{username: ann}]').expect(200);
  assert.equal(managed.generation, generation + 1);
  assert.deepEqual(
    body.changes
      .map((one: { collection: string; operation: string }) => `${one.operation} ${one.collection}`)
      .sort(),
    ['delete keyauth_credentials', 'delete plugins', 'delete routes', 'delete services'],
  );
  assert.ok(!JSON.stringify(body).includes('secret-of-ann'));
  assert.deepEqual((await request(app).get('/services')).body.data, []);
  await request(app).get('/consumers/ann').expect(200);
});

test('mistakes have their line, and change nothing', async () => {
  const { app, managed } = await filled();
  const { generation } = managed;
  for (const query of ['', '?check=1']) {
    const { body } = await yaml(
      app,
      '_format_version: "3.0"\nservices:\n- name: a\n  host: 5 5\n  retriess: 3\n',
      query,
    ).expect(400);
    assert.equal(body.code, 14);
    assert.deepEqual(
      body.findings.map((one: { line: number }) => one.line),
      [4, 5],
    );
  }
  await yaml(app, 'a: [', '').expect(400);
  await request(app).post(PATH).expect(400);
  assert.equal(managed.generation, generation);
});

test('somebody else was faster', async () => {
  const { app, managed } = await filled();
  const text = (await request(app).get(PATH)).body.config;
  await yaml(app, text, `?generation=${managed.generation}`).expect(200);
  const { body } = await yaml(app, text, '?generation=1').expect(409);
  assert.match(body.message, /not 1/);
});

test('without a store a document can be checked, and not be put in place', async () => {
  const { app } = withoutStore();
  const text = '_format_version: "3.0"\nservices: [{name: a, host: a.example}]';
  await yaml(app, text, '?check=1').expect(200);
  const { body } = await yaml(app, text).expect(405);
  assert.equal(body.code, 12);
});
