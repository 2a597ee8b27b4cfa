import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { bench } from './fixture.ts';

const form = (app: ReturnType<typeof bench>['app'], path: string, body: string) =>
  request(app).post(path).type('form').send(body);

test('types come from the schema', async () => {
  const { app } = bench();
  const service = await form(
    app,
    '/services',
    'host=h.example&port=0x50&retries=1e1&enabled=false&path=&tags=a',
  ).expect(201);
  const { port, retries, enabled, path, tags } = service.body;
  assert.deepEqual(
    { port, retries, enabled, path, tags },
    { port: 80, retries: 10, enabled: false, path: null, tags: ['a'] },
  );
  const wrong = await form(app, '/services', 'host=h&port=abc&enabled=yes').expect(400);
  assert.deepEqual(wrong.body.fields, { port: 'expected an integer', enabled: 'expected a boolean' });
  await form(app, '/services', 'url=https%3A%2F%2Fa.example%2Fp&name=s').expect(201);
  const route = await form(
    app,
    '/routes',
    'service.name=s&paths=/a&paths=/b&headers.x-one=1&headers[x-two][]=2',
  ).expect(201);
  assert.deepEqual(
    [route.body.paths, route.body.headers],
    [['/a', '/b'], { 'x-one': ['1'], 'x-two': ['2'] }],
  );
});

test('lists in each of their spellings', async () => {
  const { app } = bench();
  for (const [body, expected] of [
    ['hosts=a.example', ['a.example']],
    ['hosts[]=a.example&hosts[]=b.example', ['a.example', 'b.example']],
    ['hosts%5B2%5D=b.example&hosts%5B1%5D=a.example', ['a.example', 'b.example']],
    ['hosts=b.example&hosts=a.example', ['b.example', 'a.example']],
  ] as const) {
    const { body: route } = await form(app, '/routes', body).expect(201);
    assert.deepEqual(route.hosts, expected, body);
  }
  const { body } = await form(app, '/routes', 'paths=/&sources[1].ip=10.0.0.1&hosts=').expect(400);
  assert.match(JSON.stringify(body.fields), /sources/);
});

test("a plugin's config has the types of its plugin, also when it is changed", async () => {
  const { app } = bench();
  const made = await form(
    app,
    '/plugins',
    'name=rate-limiting&config.minute=20&config.redis.port=6380&config.hide_client_headers=true',
  ).expect(201);
  assert.deepEqual(
    [made.body.config.minute, made.body.config.redis.port, made.body.config.hide_client_headers],
    [20, 6380, true],
  );
  const patched = await request(app)
    .patch(`/plugins/${made.body.id}`)
    .type('form')
    .send('config.minute=30&config.hour=40&tags=')
    .expect(200);
  assert.deepEqual(
    [patched.body.config.minute, patched.body.config.redis.port, patched.body.tags],
    [30, 6380, null],
  );
});

test('multipart: fields, files, JSON', async () => {
  const { app } = bench();
  const made = await request(app)
    .post('/plugins')
    .field('name', 'key-auth')
    .attach('config', Buffer.from('{"key_names":["k"],"hide_credentials":true}'), {
      filename: 'c.json',
      contentType: 'application/json',
    })
    .expect(201);
  assert.deepEqual([made.body.config.key_names, made.body.config.hide_credentials], [['k'], true]);
});

test('names from outside are never more than names', async () => {
  const { app } = bench();
  for (const body of [
    '__proto__.polluted=1&host=h',
    'constructor.prototype.polluted=1&host=h',
    'host=h&tags[__proto__]=x',
    'host=h&' + Array.from({ length: 40 }, () => 'a').join('.') + '=1',
    'host=h&..=1&a.=1&.a=1&[]=1&a[=1&a]=1&=1',
    'host=h&x%ZZ=%',
  ]) {
    const { body: answer } = await form(app, '/services', body).expect(400);
    assert.equal(answer.code, 2, body);
  }
  assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined);
  await form(app, '/services', 'host=%FF').expect(400);
});
