import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import request from 'supertest';
import { bench } from './fixture.ts';

test('HEAD, OPTIONS, wrong methods, unknown paths, slashes at the end', async () => {
  const { app } = bench();
  const head = await request(app).head('/services').expect(200);
  assert.equal(head.text, undefined);
  assert.match(String(head.headers['x-kong-admin-latency']), /^\d+$/);
  assert.equal(head.headers['server'], 'cardinal/9.9.9');
  const options = await request(app)
    .options('/services/x/')
    .set('Access-Control-Request-Headers', 'X-One')
    .expect(204);
  assert.equal(options.headers['allow'], 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT');
  assert.equal(options.headers['access-control-allow-methods'], options.headers['allow']);
  assert.equal(options.headers['access-control-allow-headers'], 'X-One');
  await request(app).options('/nothing').expect(404);
  const wrong = await request(app).delete('/services').expect(405);
  assert.deepEqual(
    [wrong.body, wrong.headers['allow']],
    [{ message: 'Method not allowed' }, 'GET, HEAD, OPTIONS, POST'],
  );
  assert.deepEqual((await request(app).get('/nothing').expect(404)).body, { message: 'Not found' });
  await request(app).get('/services//').expect(404);
  await request(app).get('/schemas/services/').expect(200);
});

test('bodies: content types, size, broken JSON', async () => {
  const { app } = bench();
  const post = (type: string, body: string) =>
    request(app).post('/services').set('Content-Type', type).send(body);
  assert.deepEqual((await post('application/json', '{').expect(400)).body, {
    message: 'Cannot parse JSON body',
  });
  for (const text of [
    '',
    '[]',
    '1',
    'null',
    '{"host":"\\ud800"}',
    '{"a":'.repeat(1500) + '1' + '}'.repeat(1500),
  ])
    assert.deepEqual((await post('application/json', text).expect(400)).body, {
      message: 'Cannot parse JSON body',
    });
  const unsupported = await post('text/plain', 'host=x').expect(415);
  assert.equal(unsupported.text, '');
  await post('application/yaml', 'host: x').expect(415);
  const large = await post('application/json', `{"host":"${'x'.repeat(1024 ** 2)}"}`).expect(413);
  assert.deepEqual(large.body, { message: 'Payload too large' });
  await post('application/json; charset=utf-8', '{"host":"h.example"}').expect(201);
  assert.equal((await request(app).post('/services').expect(400)).body.code, 2);
  const many = await post('application/x-www-form-urlencoded', 'a=1&'.repeat(1001)).expect(400);
  assert.deepEqual(many.body, { message: 'Too many arguments' });
  assert.deepEqual(
    (
      await request(app)
        .get(`/services?${'a=1&'.repeat(1001)}`)
        .expect(400)
    ).body,
    many.body,
  );
  const proto = await post('application/json', '{"host":"h","__proto__":{"x":1}}').expect(400);
  assert.equal(proto.body.message, 'schema violation (__proto__: unknown field)');
});

test('a Content-Type that is there twice is refused', async (t) => {
  const { app } = bench();
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const status = await new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/services' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.setHeader('Content-Type', ['application/json', 'application/json']);
    sent.end('{"host":"h"}');
  });
  assert.equal(status, 400);
});
