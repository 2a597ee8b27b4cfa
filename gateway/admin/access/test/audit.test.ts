/** The audit log: what is in it, what never is, how large it becomes. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import request from 'supertest';
import { type AuditEntry, AuditLog } from '../audit-log.ts';
import { auditPath, secretSegments } from '../audit-path.ts';
import { newTokenText } from '../token-text.ts';
import { harness } from './harness.ts';

test('every change, by whom, from where, with what result; reading is not noted', async (t) => {
  const h = await harness(t, { settings: { trusted_ips: ['127.0.0.1'] } });
  const { text, token } = await h.token('admin', { name: 'ada' });
  const bearer = { Authorization: `Bearer ${text}`, 'X-Forwarded-For': '192.0.2.9, 198.51.100.7' };
  await request(h.server).get('/services').set(bearer).expect(200);
  await request(h.server).put('/services/a?x=secret').set(bearer).send({ host: 'hidden' }).expect(200);
  const [entry, ...more] = await h.audit();
  assert.deepEqual(more, []);
  assert.ok(entry !== undefined && entry.duration_ms >= 0);
  assert.deepEqual(
    { ...entry, duration_ms: 0 },
    {
      at: new Date(h.clock.now).toISOString(),
      event: 'request',
      actor: 'ada',
      token_id: token.id,
      via: 'token',
      address: '198.51.100.7',
      method: 'PUT',
      path: '/services/a',
      status: 200,
      duration_ms: 0,
    },
  );
  assert.equal((await stat(h.auditPath)).mode & 0o777, 0o600);
});

test('logins, refused logins, tokens, refusals', async (t) => {
  const h = await harness(t);
  const { text } = await h.token('admin', { name: 'ada' });
  const reader = await h.token('read', { name: 'bob' });
  const bearer = { Authorization: `Bearer ${text}` };
  await request(h.server).post('/_cardinal/login').send({ token: text }).expect(200);
  await request(h.server).post('/_cardinal/login').send({ token: newTokenText().text }).expect(401);
  const made = await request(h.server)
    .post('/_cardinal/tokens')
    .set(bearer)
    .send({ role: 'read', name: 'ci' });
  await request(h.server).delete(`/_cardinal/tokens/${made.body.id}`).set(bearer).expect(204);
  await request(h.server).put('/x').set('Authorization', `Bearer ${reader.text}`).expect(403);
  await request(h.server).get('/x').set('Authorization', `Bearer ${newTokenText().text}`).expect(401);
  await request(h.server).put('/x').set('Origin', 'http://evil.example').expect(403);
  const entries = await h.audit();
  assert.deepEqual(
    entries.map((entry) => [entry.event, entry.actor, entry.method, entry.path, entry.status]),
    [
      ['login', 'ada', 'POST', '/_cardinal/login', 200],
      ['login_refused', null, 'POST', '/_cardinal/login', 401],
      ['token_created', 'ada', 'POST', '/_cardinal/tokens', 201],
      ['token_revoked', 'ada', 'DELETE', `/_cardinal/tokens/${made.body.id}`, 204],
      ['refused', 'bob', 'PUT', '/x', 403],
      ['refused', null, 'GET', '/x', 401],
      ['refused', null, 'PUT', '/x', 403],
    ],
  );
  assert.deepEqual(entries[2]?.detail, { id: made.body.id, name: 'ci', role: 'read' });
  const written = await readFile(h.auditPath, 'utf8');
  for (const secret of [text, made.body.token, reader.text])
    assert.ok(!written.includes(secret.split('.')[2]));

  const read = await request(h.server).get('/_cardinal/audit?limit=2').set(bearer);
  assert.deepEqual(read.body.data, entries.slice(-2).reverse());
  for (const limit of ['0', 'x', '1001', '1.5'])
    assert.equal((await request(h.server).get(`/_cardinal/audit?limit=${limit}`).set(bearer)).status, 400);
});

test('strangers cannot push the past out of the log', async (t) => {
  const h = await harness(t);
  await h.token('admin');
  for (let i = 0; i < 30; i++) await request(h.server).put('/x').expect(401);
  assert.equal((await h.audit()).length, 10);
});

test('secrets that address an entity are not written down', () => {
  const schema = {
    entities: {
      badges: {
        fields: { code: { type: 'string', options: { encrypted: true } } },
        endpointKey: 'code',
        adminPath: 'badges',
        nestedPath: 'badge',
      },
      open: { fields: { name: { type: 'string', options: {} } }, endpointKey: 'name', adminPath: 'open' },
    },
  };
  const secrets = secretSegments([{ schema: schema as never }]);
  const id = '0855b320-0dd2-547d-891d-601e9b38647f';
  for (const [url, shown] of [
    ['/key-auths/s3cret', '/key-auths/***'],
    [`/key-auths/${id}`, `/key-auths/${id}`],
    ['/consumers/a/key-auth/s3cret?x=y', '/consumers/a/key-auth/***'],
    ['/key-auths/s3cret/consumer', '/key-auths/***/consumer'],
    ['/key%2Dauths/s3cret', '/key%2Dauths/***'],
    ['/KEY-AUTHS//s3cret', '/KEY-AUTHS//***'],
    ['/badges/x', '/badges/***'],
    ['/consumers/a/badge/x', '/consumers/a/badge/***'],
    ['/open/x', '/open/x'],
    ['/services/a?apikey=s3cret', '/services/a'],
    [`/${'a'.repeat(600)}`, `/${'a'.repeat(511)}...`],
  ] as const) {
    assert.equal(auditPath(url, secrets), shown);
  }
});

const entry = (n: number): AuditEntry => ({
  at: new Date(n).toISOString(),
  event: 'request',
  actor: 'x',
  token_id: null,
  via: 'token',
  address: '127.0.0.1',
  method: 'PUT',
  path: `/${n}/${'ä'.repeat(50)}`,
  status: 200,
  duration_ms: 1,
});

test('it is moved aside at a size, a few of those are kept, and all of them are read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'deep', 'audit.log');
  const errors: unknown[] = [];
  const options = { path, maxBytes: 3_000, keep: 2, onError: (error: unknown) => errors.push(error) };
  const log = new AuditLog(options);
  for (let n = 0; n < 206; n++) {
    log.write(entry(n));
    if (n % 10 === 9) await log.read(1);
  }
  await log.flush();
  const names = (await readdir(join(folder, 'deep'))).sort();
  assert.deepEqual(names, ['audit.log', 'audit.log.1', 'audit.log.2']);
  for (const name of names) assert.ok((await stat(join(folder, 'deep', name))).size < 6_000);
  const read = await log.read(1_000);
  assert.ok(read.length > 20 && read.length < 60, String(read.length));
  assert.deepEqual(
    read.map(({ path: written }) => Number(written.split('/')[1])),
    Array.from({ length: read.length }, (_, i) => 205 - i),
  );
  assert.equal((await log.read(3)).length, 3);
  await log.close();

  // What is there counts when it is opened again.
  const again = new AuditLog(options);
  for (let n = 206; n < 215; n++) again.write(entry(n));
  assert.equal((await again.read(1))[0]?.path, entry(214).path);
  await again.close();
  assert.deepEqual(errors, []);
});

test('a disk that fails is told, and harms no answer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const errors: unknown[] = [];
  const log = new AuditLog({ path: '/dev/null/audit.log', onError: (error) => errors.push(error) });
  log.write(entry(1));
  await log.close();
  assert.ok(errors.length >= 1);
});
