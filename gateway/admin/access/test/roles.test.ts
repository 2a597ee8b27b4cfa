/** Tokens in headers: which are taken, what each role may do, what is said to the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { parseJoinToken } from '../../../../shared/sync/join-token.ts';
import { newTokenText } from '../token-text.ts';
import { harness, LOOPBACK } from './harness.ts';

const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });

test('without tokens everybody on this machine may do everything; with the first one nobody may without', async (t) => {
  const { server, access } = await harness(t);
  assert.equal(await access.required(), false);
  const open = await request(server).put('/services/a');
  assert.deepEqual(open.body.actor, { name: 'local', role: 'admin', via: 'open' });

  const early = await request(server).post('/_cardinal/tokens').send({ role: 'read' });
  assert.equal(early.status, 400);
  assert.match(early.body.fields.role, /first token must have the role admin/);

  const made = await request(server).post('/_cardinal/tokens').send({ role: 'admin', name: 'ops' });
  assert.equal(made.status, 201);
  assert.match(made.body.token, /^cat1\./);
  assert.equal(made.body.created_by, 'local');
  assert.equal(await access.required(), true);

  const refused = await request(server).get('/services');
  assert.equal(refused.status, 401);
  assert.equal(refused.headers['www-authenticate'], 'Bearer realm="cardinal"');
  assert.match(refused.body.message, /asks for a token/);
  const taken = await request(server).get('/services').set(bearer(made.body.token));
  assert.equal(taken.status, 200);
  assert.deepEqual(taken.body.actor, {
    name: 'ops',
    role: 'admin',
    via: 'token',
    tokenId: made.body.id,
  });
});

test('read, write, admin: each may do what those before it may', async (t) => {
  const h = await harness(t);
  const expected = {
    read: { read: 200, write: 403, admin: 403 },
    write: { read: 200, write: 200, admin: 403 },
    admin: { read: 200, write: 200, admin: 200 },
  } as const;
  const { text: admin } = await h.token('admin');
  const texts = { admin, read: (await h.token('read')).text, write: (await h.token('write')).text };
  for (const role of ['read', 'write', 'admin'] as const) {
    const as = (method: 'get' | 'head' | 'options' | 'post' | 'put' | 'patch' | 'delete', path: string) =>
      request(h.server)[method](path).set(bearer(texts[role]));
    for (const method of ['get', 'head', 'options'] as const)
      assert.equal((await as(method, '/services')).status, expected[role].read, `${role} ${method}`);
    for (const method of ['post', 'put', 'patch', 'delete'] as const) {
      const { status, body } = await as(method, '/services/x');
      assert.equal(status, expected[role].write, `${role} ${method}`);
      if (status === 403)
        assert.equal(body.message, 'this needs the role write; the token has the role read');
    }
    for (const path of ['/_cardinal/tokens', '/_cardinal/tokens/', '/_cardinal/audit?limit=1'])
      assert.equal((await as('get', path)).status, expected[role].admin, `${role} ${path}`);
    for (const path of [
      '/_cardinal/TOKENS',
      '/_cardinal/%74okens',
      '//_cardinal//tokens/x',
      '/default/_cardinal/tokens',
    ])
      assert.notEqual((await as('get', path)).status, role === 'admin' ? 403 : 200, `${role} ${path}`);
  }
});

test("Kong's header is taken as well; two that differ are not", async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const get = (headers: Record<string, string>) => request(h.server).get('/x').set(headers);
  assert.equal((await get({ 'Kong-Admin-Token': text })).status, 200);
  assert.equal((await get({ 'Kong-Admin-Token': text, ...bearer(text) })).status, 200);
  assert.equal((await get({ Authorization: `bearer  ${text}` })).status, 200);
  const differ = await get({ 'Kong-Admin-Token': text, ...bearer(newTokenText().text) });
  assert.equal(differ.status, 401);
  assert.match(differ.body.message, /differ/);
  assert.equal((await get({ Authorization: `Basic ${btoa('a:b')}` })).status, 401);
  assert.equal((await get({ Authorization: text })).status, 401);
  assert.equal((await get({ Authorization: `Bearer ${text} ${text}` })).status, 401);
});

test('expired and revoked tokens are wrong tokens', async (t) => {
  const h = await harness(t);
  const { text: admin } = await h.token('admin');
  const made = await request(h.server)
    .post('/_cardinal/tokens')
    .set(bearer(admin))
    .send({ role: 'read', expires_in: 60 });
  assert.equal(made.status, 201);
  assert.equal(made.body.expires_at, Math.floor(h.clock.now / 1000) + 60);
  const get = () => request(h.server).get('/x').set(bearer(made.body.token));
  assert.equal((await get()).status, 200);
  h.clock.now += 60_000;
  const over = await get();
  assert.equal(over.status, 401);
  assert.equal(over.headers['www-authenticate'], 'Bearer realm="cardinal", error="invalid_token"');

  const { token, text } = await h.token('write');
  assert.equal((await request(h.server).get('/x').set(bearer(text))).status, 200);
  const path = `/_cardinal/tokens/${token.id}`;
  assert.equal((await request(h.server).delete(path).set(bearer(admin))).status, 204);
  assert.equal((await request(h.server).get('/x').set(bearer(text))).status, 401);
  assert.equal((await request(h.server).delete(path).set(bearer(admin))).status, 404);
});

test('the secret of a token is shown once', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const made = await request(h.server)
    .post('/_cardinal/tokens')
    .set(bearer(text))
    .send({ role: 'write', name: 'deck' });
  const secret = made.body.token.split('.')[2];
  for (const path of ['/_cardinal/tokens', `/_cardinal/tokens/${made.body.id}`, '/_cardinal/audit']) {
    const shown = await request(h.server).get(path).set(bearer(text));
    assert.equal(shown.status, 200);
    assert.ok(!shown.text.includes(secret), path);
    assert.ok(!shown.text.includes('hash'), path);
  }
  const { body } = await request(h.server).get('/_cardinal/tokens').set(bearer(text));
  assert.deepEqual(body.data.map((token: { name: string }) => token.name).sort(), [
    'deck',
    'token-' + text.slice(5, 11),
  ]);
});

test('what a new token may be', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const post = (body: unknown) =>
    request(h.server)
      .post('/_cardinal/tokens')
      .set(bearer(text))
      .send(body as object);
  const wrong: [unknown, Record<string, string>][] = [
    [{}, { role: 'required field missing' }],
    [{ role: 'root' }, { role: 'expected one of: read, write, admin, microgateway, gateway' }],
    [{ role: 'read', service: 'x' }, { service: 'a token with the role read has none' }],
    [{ role: 'gateway', service: 'x' }, { service: 'a gateway stands beside no service' }],
    [
      { role: 'microgateway', name: 'x', calls: 'a', uses: 0 },
      {
        name: 'a token with the role microgateway has none',
        calls: 'expected names of services, or *',
        uses: 'expected an integer of at least 1',
      },
    ],
    [{ role: 'read', name: 'a\nb' }, { name: 'must be printable text' }],
    [{ role: 'read', name: '' }, { name: 'length must be at least 1' }],
    [{ role: 'read', expires_in: 0 }, { expires_in: 'must be in the future' }],
    [{ role: 'read', expires_in: '1d' }, { expires_in: 'expected an integer' }],
    [{ role: 'read', expires_at: 1 }, { expires_at: 'must be in the future' }],
    [{ role: 'read', expires_in: 1e12 }, { expires_in: 'must be within ten years' }],
    [{ role: 'read', rôle: 1 }, { rôle: 'unknown field' }],
  ];
  for (const [body, fields] of wrong) {
    const answer = await post(body);
    assert.equal(answer.status, 400);
    assert.deepEqual([answer.body.code, answer.body.fields], [2, fields]);
  }
  assert.equal((await post([])).status, 400);
  const form = await request(h.server)
    .post('/_cardinal/tokens')
    .set(bearer(text))
    .type('form')
    .send('role=read');
  assert.equal(form.status, 415);
});

test('the last administrator stays, as long as a token is needed', async (t) => {
  const h = await harness(t);
  const first = await h.token('admin');
  const reader = await h.token('read');
  const remove = (id: string) => request(h.server).delete(`/_cardinal/tokens/${id}`).set(bearer(first.text));
  const kept = await remove(first.token.id);
  assert.equal(kept.status, 409);
  assert.match(kept.body.message, /last token with the role admin/);
  assert.equal((await remove(reader.token.id)).status, 204);
  // Now it is the only one: without it nothing is asked for.
  assert.equal((await remove(first.token.id)).status, 204);
  assert.equal(await h.access.required(), false);

  const exposed = await harness(t, { settings: { admin_listen: [{ ...LOOPBACK, host: '0.0.0.0' }] } });
  const only = await exposed.token('admin');
  const answer = await request(exposed.server)
    .delete(`/_cardinal/tokens/${only.token.id}`)
    .set(bearer(only.text));
  assert.equal(answer.status, 409);
});

test('on asks although there is no token, off never asks, an open door to others always does', async (t) => {
  const on = await harness(t, { settings: { admin_auth: 'on' } });
  assert.equal((await request(on.server).get('/x')).status, 401);
  const off = await harness(t, { settings: { admin_auth: 'off' } });
  await off.token('admin');
  assert.equal((await request(off.server).put('/x')).status, 200);
  const elsewhere = { admin_listen: [{ ...LOOPBACK, host: '192.0.2.1' }] };
  const exposed = await harness(t, { settings: elsewhere });
  assert.equal((await request(exposed.server).get('/x')).status, 401);
  const insecure = await harness(t, { settings: { ...elsewhere, admin_insecure: true } });
  assert.equal((await request(insecure.server).get('/x')).status, 200);
  await insecure.token('admin');
  assert.equal((await request(insecure.server).get('/x')).status, 401);
  const none = await harness(t, { documents: null });
  assert.equal((await request(none.server).get('/x')).status, 200);
  assert.equal((await request(none.server).post('/_cardinal/tokens').send({ role: 'admin' })).status, 400);
});

test('when the store is gone nobody is known, and nobody is let in', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  assert.equal((await request(h.server).get('/x').set(bearer(text))).status, 200);
  h.documents.down = true;
  h.clock.now += 1_000;
  const answer = await request(h.server).get('/x').set(bearer(text));
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '1');
  h.documents.down = false;
  assert.equal((await request(h.server).get('/x').set(bearer(text))).status, 200);

  const open = await harness(t);
  assert.equal((await request(open.server).get('/x')).status, 200);
  open.documents.down = true;
  open.clock.now += 60_000;
  assert.equal((await request(open.server).get('/x')).status, 200);
});

test('many wrong tokens of one address get 429; the right one is taken all the same', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const guess = () => request(h.server).get('/x').set(bearer(newTokenText().text));
  for (let i = 0; i < 10; i++) assert.equal((await guess()).status, 401);
  const stopped = await guess();
  assert.equal(stopped.status, 429);
  assert.ok(Number(stopped.headers['retry-after']) > 0);
  const login = await request(h.server).post('/_cardinal/login').send({ token: newTokenText().text });
  assert.equal(login.status, 429);
  assert.equal((await request(h.server).get('/x').set(bearer(text))).status, 200);
  h.clock.now += 7_000;
  assert.equal((await guess()).status, 401);
});

test('the pages of the UI are for everybody, and nothing else that looks like them', async (t) => {
  const h = await harness(t);
  await h.token('admin');
  for (const path of ['/ui', '/ui/', '/ui/assets/index-Ab_1.js', '/_cardinal/session'])
    assert.equal((await request(h.server).get(path)).status, 200, path);
  for (const path of ['/uix', '/ui/../services', '/ui/%2e%2e/services', '/UI/', '/', '/_cardinal/session/x'])
    assert.equal((await request(h.server).get(path)).status, 401, path);
  assert.equal((await request(h.server).post('/ui/')).status, 401);
});

test('tokens with which data planes join are made, listed and revoked here as well', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const call = (method: 'get' | 'post' | 'delete', path: string) =>
    request(h.server)[method](path).set(bearer(text));
  const made = await call('post', '/_cardinal/tokens').send({
    role: 'microgateway',
    service: 'orders',
    calls: ['payments'],
    uses: 2,
    expires_in: 3600,
  });
  assert.equal(made.status, 201, made.text);
  const { token, ...shown } = made.body;
  const parsed = parseJoinToken(token);
  assert.equal(parsed?.claims.id, shown.id);
  assert.deepEqual(shown, {
    id: shown.id,
    kind: 'join',
    role: 'microgateway',
    service: 'orders',
    calls: ['payments'],
    created_at: Math.floor(h.clock.now / 1000),
    expires_at: Math.floor(h.clock.now / 1000) + 3600,
    uses_left: 2,
    expired: false,
  });
  const list = await call('get', '/_cardinal/tokens');
  assert.deepEqual(
    list.body.data.map((one: { kind: string }) => one.kind),
    ['admin', 'join'],
  );
  assert.deepEqual(list.body.data[1], shown);
  assert.ok(!list.text.includes(parsed?.secret as string));
  assert.equal((await call('get', '/x').set(bearer(token))).status, 401);
  assert.equal((await call('delete', `/_cardinal/tokens/${shown.id}`)).status, 204);
  assert.equal((await call('get', `/_cardinal/tokens/${shown.id}`)).body.expired, true);
});

test('a question that is sent with POST needs to read only, under its one name', async (t) => {
  const h = await harness(t);
  await h.token('admin');
  const { text } = await h.token('read');
  const status = async (path: string) => (await request(h.server).post(path).set(bearer(text))).status;
  assert.equal(await status('/_cardinal/explain'), 200);
  for (const path of [
    '/_cardinal/explain/',
    '/_cardinal/Explain',
    '/_cardinal/explain/x',
    '//_cardinal/explain',
  ])
    assert.equal(await status(path), 403, path);
});
