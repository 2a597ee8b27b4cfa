import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { bench } from './fixture.ts';

const PAIR = { cert: RSA_CERTIFICATE, key: RSA_KEY };

test('certificates carry their SNIs and are found by them', async () => {
  const { app } = bench();
  const made = await request(app)
    .post('/certificates')
    .send({ ...PAIR, snis: ['b.example', 'a.example'] })
    .expect(201);
  assert.deepEqual(made.body.snis, ['a.example', 'b.example']);
  assert.equal((await request(app).get('/certificates/a.example').expect(200)).body.id, made.body.id);
  assert.equal((await request(app).get('/snis')).body.data.length, 2);
  await request(app).get('/snis/a.example/certificate').expect(404);
  const taken = await request(app)
    .post('/certificates')
    .send({ ...PAIR, snis: ['a.example'] })
    .expect(400);
  assert.match(taken.body.fields.snis, /^a\.example already associated with existing certificate '/);
  const patched = await request(app)
    .patch(`/certificates/${made.body.id}`)
    .send({ tags: ['x'] })
    .expect(200);
  assert.deepEqual(patched.body.snis, ['a.example', 'b.example']);
  const put = await request(app).put('/certificates/new.example').send(PAIR).expect(200);
  assert.deepEqual(put.body.snis, ['new.example']);
  for (const [method, body] of [
    ['get', undefined],
    ['patch', {}],
    ['delete', undefined],
  ] as const) {
    const gone = await request(app)[method]('/certificates/nothing.example').send(body).expect(404);
    assert.deepEqual(gone.body, { message: 'SNI not found' });
  }
  await request(app).delete('/certificates/a.example').expect(204);
  assert.deepEqual(
    (await request(app).get('/snis')).body.data.map((sni: { name: string }) => sni.name),
    ['new.example'],
  );
  await request(app).delete(`/certificates/${made.body.id}`).expect(204);
});

test('SNIs in a form, certificates as files', async () => {
  const { app } = bench();
  const made = await request(app)
    .post('/certificates')
    .attach('cert', Buffer.from(RSA_CERTIFICATE), 'cert.pem')
    .attach('key', Buffer.from(RSA_KEY), 'key.pem')
    .field('snis', 'one.example')
    .expect(201);
  assert.deepEqual([made.body.snis, made.body.cert], [['one.example'], RSA_CERTIFICATE]);
  const id: string = made.body.id;
  await request(app).post(`/certificates/${id}/snis`).type('form').send('name=two.example').expect(201);
  assert.deepEqual((await request(app).get(`/certificates/${id}`)).body.snis, ['one.example', 'two.example']);
});
