import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { bench, START } from './fixture.ts';

test('generations with what they changed, and the way back', async () => {
  const { app } = bench();
  await request(app).post('/services').send({ name: 'a', host: 'h.example' }).expect(201);
  await request(app).patch('/services/a').send({ host: 'i.example', retries: 1 }).expect(200);
  await request(app).delete('/services/a').expect(204);
  const { body } = await request(app).get('/_cardinal/history').expect(200);
  assert.deepEqual(
    body.data.map((one: { generation: number; changes: object[] }) => [one.generation, one.changes]),
    ['delete', 'update', 'create'].map((operation, i) => [
      3 - i,
      [{ collection: 'services', id: body.data[0].changes[0].id, name: 'a', operation }],
    ]),
  );
  assert.deepEqual(body.data[1].authors, [{ at: START, actor: 'local', summary: 'PATCH /services/a' }]);
  assert.equal(body.current, 3);
  const { body: update } = await request(app).get('/_cardinal/history/2').expect(200);
  assert.deepEqual(update.changes[0].fields.sort(), ['host', 'retries']);
  assert.deepEqual([update.changes[0].before.host, update.changes[0].after.host], ['h.example', 'i.example']);
  const { body: deletion } = await request(app).get('/_cardinal/history/3').expect(200);
  assert.equal(deletion.changes[0].after, null);
  const restored = await request(app).post('/_cardinal/history/1/restore').expect(200);
  assert.deepEqual(restored.body, { message: 'restored', restored: 1, generation: 4 });
  assert.equal((await request(app).get('/services/a').expect(200)).body.host, 'h.example');
  for (const path of ['0', '99', 'x', '1e0', '-1'])
    await request(app).get(`/_cardinal/history/${path}`).expect(404);
  await request(app).post('/_cardinal/history/99/restore').expect(404);
});

test('no secret is in the history', async () => {
  const { app } = bench();
  await request(app).post('/consumers').send({ username: 'ann' }).expect(201);
  const secrets = ['key-of-ann', 'word-of-redis', 'PRIVATE KEY'];
  await request(app).post('/consumers/ann/key-auth').send({ key: secrets[0] }).expect(201);
  await request(app)
    .post('/plugins')
    .send({ name: 'rate-limiting', config: { minute: 1, redis: { password: secrets[1] } } })
    .expect(201);
  await request(app)
    .patch('/consumers/ann/key-auth/key-of-ann')
    .send({ key: '{vault://env/key}' })
    .expect(200);
  await request(app).post('/certificates').send({ cert: RSA_CERTIFICATE, key: RSA_KEY }).expect(201);
  const list = await request(app).get('/_cardinal/history').expect(200);
  let text = list.text;
  for (const { generation } of list.body.data)
    text += (await request(app).get(`/_cardinal/history/${generation}`).expect(200)).text;
  for (const secret of secrets) assert.doesNotMatch(text, new RegExp(secret));
  const { body } = await request(app).get('/_cardinal/history/4').expect(200);
  assert.equal(body.changes[0].before.key, '******');
  assert.deepEqual(body.changes[0].fields, ['key']);
  assert.match(text, /CERTIFICATE/);
});
