/** Browsers: sessions in cookies, and what pages of other origins may do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { type Harness, harness } from './harness.ts';

async function login(h: Harness, text: string, headers: Record<string, string> = {}) {
  const answer = await request(h.server).post('/_cardinal/login').set(headers).send({ token: text });
  const line = String(answer.headers['set-cookie']);
  return { answer, line, cookie: line.split(';', 1)[0] as string };
}

const own = (h: Harness) => ({ Origin: `http://${h.address}`, 'Sec-Fetch-Site': 'same-origin' });

test('a token becomes a session; the cookie is out of reach for pages', async (t) => {
  const h = await harness(t);
  const { text, token } = await h.token('write', { name: 'ada' });
  await h.token('admin');
  const { answer, line, cookie } = await login(h, text);
  assert.equal(answer.status, 200);
  const port = h.address.split(':')[1];
  assert.match(line, new RegExp(`^cardinal-session-${port}=[A-Za-z0-9_-]{43}; `));
  assert.match(line, /; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  assert.ok(!answer.text.includes(text));

  const session = await request(h.server).get('/_cardinal/session').set('Cookie', cookie);
  assert.deepEqual(session.body, {
    required: true,
    authenticated: true,
    name: 'ada',
    role: 'write',
    via: 'session',
    csrf: answer.body.csrf,
    ends_at: Math.floor(h.clock.now / 1000) + 43_200,
  });
  const read = await request(h.server).get('/services').set('Cookie', `a=b; ${cookie}; c=d`);
  assert.deepEqual(read.body.actor, { name: 'ada', role: 'write', via: 'session', tokenId: token.id });
  const admin = await request(h.server).get('/_cardinal/tokens').set('Cookie', cookie);
  assert.equal(admin.status, 403);

  const anonymous = await request(h.server).get('/_cardinal/session');
  assert.deepEqual(
    [anonymous.body.required, anonymous.body.authenticated, anonymous.body.csrf],
    [true, false, null],
  );
});

test('over TLS, or where a proxy says so, the cookie is a __Host- one', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  for (const headers of [{ 'X-Forwarded-Proto': 'https' }, { Forwarded: 'for=192.0.2.1;proto=https' }]) {
    const { line, cookie } = await login(h, text, headers as Record<string, string>);
    assert.match(line, /^__Host-cardinal-session=.*; Secure$/);
    assert.ok(!/domain/i.test(line));
    assert.equal(
      (
        await request(h.server)
          .get('/x')
          .set({ ...headers, Cookie: cookie })
      ).status,
      200,
    );
  }
  assert.ok(!(await login(h, text, { 'X-Forwarded-Proto': 'http' })).line.includes('Secure'));
});

test('a change with a cookie needs the own origin and the token of the session', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('write');
  const { cookie, answer } = await login(h, text);
  const { csrf } = answer.body;
  const put = (headers: Record<string, string>) =>
    request(h.server)
      .put('/services/a')
      .set({ Cookie: cookie, ...headers });
  assert.equal((await put({ ...own(h), 'X-Cardinal-CSRF': csrf })).status, 200);
  assert.equal((await put({ Origin: `http://${h.address}`, 'X-Cardinal-CSRF': csrf })).status, 200);
  assert.equal((await put({ 'Sec-Fetch-Site': 'same-origin', 'X-Cardinal-CSRF': csrf })).status, 200);
  const port = Number(h.address.split(':')[1]);
  for (const headers of [
    {},
    { 'X-Cardinal-CSRF': csrf },
    own(h),
    { ...own(h), 'X-Cardinal-CSRF': '' },
    { ...own(h), 'X-Cardinal-CSRF': `${csrf}x` },
    { Origin: 'http://evil.example', 'X-Cardinal-CSRF': csrf },
    { Origin: 'null', 'X-Cardinal-CSRF': csrf },
    { Origin: `http://127.0.0.1:${port + 1}`, 'Sec-Fetch-Site': 'same-site', 'X-Cardinal-CSRF': csrf },
    { Origin: `http://${h.address}`, 'Sec-Fetch-Site': 'cross-site', 'X-Cardinal-CSRF': csrf },
    { 'Sec-Fetch-Site': 'same-site', 'X-Cardinal-CSRF': csrf },
  ]) {
    assert.equal((await put(headers as Record<string, string>)).status, 403, JSON.stringify(headers));
  }
  assert.equal((await request(h.server).get('/services').set('Cookie', cookie)).status, 200);
});

test('logging out ends the session; so does logging in again, and revoking the token', async (t) => {
  const h = await harness(t);
  const admin = await h.token('admin');
  const reader = await h.token('read');
  const first = await login(h, reader.text);
  const out = await request(h.server)
    .post('/_cardinal/logout')
    .set({ ...own(h), Cookie: first.cookie, 'X-Cardinal-CSRF': first.answer.body.csrf });
  assert.equal(out.status, 204);
  assert.match(String(out.headers['set-cookie']), /^cardinal-session-\d+=; .*Max-Age=0$/);
  assert.equal((await request(h.server).get('/x').set('Cookie', first.cookie)).status, 401);

  const second = await login(h, reader.text);
  const third = await login(h, reader.text, { Cookie: second.cookie });
  assert.equal((await request(h.server).get('/x').set('Cookie', second.cookie)).status, 401);
  assert.equal((await request(h.server).get('/x').set('Cookie', third.cookie)).status, 200);
  const bearer = { Authorization: `Bearer ${admin.text}` };
  await request(h.server).delete(`/_cardinal/tokens/${reader.token.id}`).set(bearer).expect(204);
  assert.equal((await request(h.server).get('/x').set('Cookie', third.cookie)).status, 401);
});

test('a session ends within a second of a revocation elsewhere', async (t) => {
  const h = await harness(t);
  await h.token('admin');
  const { text, token } = await h.token('read');
  const { cookie } = await login(h, text);
  await h.documents.deleteDocument('admin_token', token.id);
  h.clock.now += 1_000;
  assert.equal((await request(h.server).get('/x').set('Cookie', cookie)).status, 401);
});

test('what is no token does not log in, and no form does', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin');
  const post = () => request(h.server).post('/_cardinal/login');
  assert.equal((await post().send({ token: `${text}x` })).status, 401);
  assert.equal((await post().send({ token: 1 })).status, 400);
  assert.equal((await post()).status, 400);
  assert.equal((await post().type('form').send({ token: text })).status, 415);
  assert.equal(
    (
      await post()
        .type('text/plain')
        .send(JSON.stringify({ token: text }))
    ).status,
    415,
  );
  assert.equal((await post().set('Origin', 'http://evil.example').send({ token: text })).status, 403);
  assert.equal((await post().send({ token: 'x'.repeat(10_000) })).status, 413);
  assert.equal((await request(h.server).get('/_cardinal/login')).status, 401);
});

test('pages of other origins change nothing, whether a token is needed or not', async (t) => {
  const open = await harness(t);
  const closed = await harness(t);
  const { text } = await closed.token('admin');
  for (const h of [open, closed]) {
    const post = (headers: Record<string, string>) =>
      request(h.server)
        .post('/services')
        .set({ Authorization: `Bearer ${text}`, ...headers });
    assert.equal((await post({})).status, 200);
    assert.equal((await post(own(h))).status, 200);
    assert.equal((await post({ 'Sec-Fetch-Site': 'none' })).status, 200);
    for (const headers of [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: `ftp://${h.address}` + '/x' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      const answer = await post(headers as Record<string, string>);
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  }
});

test('CORS: the origins of admin_gui_url, and no others', async (t) => {
  const h = await harness(t, {
    settings: { admin_gui_url: ['https://ui.example.com/manager', 'http://localhost:8002'] },
  });
  const { text } = await h.token('admin');
  const preflight = await request(h.server).options('/services').set({
    Origin: 'https://ui.example.com',
    'Sec-Fetch-Site': 'cross-site',
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'authorization,content-type',
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], 'https://ui.example.com');
  assert.equal(preflight.headers['access-control-allow-credentials'], 'true');
  assert.match(preflight.headers['access-control-allow-methods'] as string, /\bPUT\b/);
  assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,content-type');
  assert.equal(preflight.headers['vary'], 'Origin');

  const put = (origin: string) =>
    request(h.server)
      .put('/services/a')
      .set({ Origin: origin, 'Sec-Fetch-Site': 'cross-site', Authorization: `Bearer ${text}` });
  const allowed = await put('http://localhost:8002');
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers['access-control-allow-origin'], 'http://localhost:8002');
  // A page must be able to read why it was refused.
  const refused = await request(h.server).get('/x').set('Origin', 'https://ui.example.com');
  assert.equal(refused.status, 401);
  assert.equal(refused.headers['access-control-allow-origin'], 'https://ui.example.com');

  for (const origin of [
    'https://ui.example.com.evil.example',
    'http://ui.example.com',
    'https://evil.example',
  ]) {
    assert.equal((await put(origin)).status, 403, origin);
    const asked = await request(h.server)
      .options('/services')
      .set({ Origin: origin, 'Access-Control-Request-Method': 'PUT' });
    assert.equal(asked.status, 401, origin);
    assert.equal(asked.headers['access-control-allow-origin'], undefined, origin);
  }
});
