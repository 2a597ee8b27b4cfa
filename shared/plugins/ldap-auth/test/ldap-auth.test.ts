/** ldap-auth: binds against a server in the test, and everything that such a server can do wrong. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../../../proxy/test/harness/certificates.ts';
import { createPluginHarness } from '../../testkit.ts';
import { escapeValue } from '../distinguished-name.ts';
import ldapAuth from '../index.ts';
import schema from '../schema.ts';
import { startLdapServer } from './ldap-server.ts';

const BASE = 'ou=people,dc=example,dc=com';
const certificate = makeCertificate('localhost');
const withoutOpenssl = certificate === undefined && 'there is no openssl';

type ServerOptions = Parameters<typeof startLdapServer>[1];

async function start(t: TestContext, config: object = {}, options: ServerOptions = {}) {
  const server = await startLdapServer(t, options);
  server.users.set(`uid=einstein,${BASE}`, 'pass:word');
  const harness = createPluginHarness(
    ldapAuth,
    {
      ldap_host: '127.0.0.1',
      ldap_port: server.port,
      base_dn: BASE,
      attribute: 'uid',
      timeout: 1000,
      ...config,
    },
    { consumers: [{ username: 'guest' }, { username: 'ann' }] },
  );
  t.after(() => harness.close());
  const ask = (text: string | Buffer, scheme = 'ldap', header = 'Authorization') =>
    harness.run({ headers: { [header]: `${scheme} ${Buffer.from(text).toString('base64')}` } });
  return { server, harness, ask };
}

test('is Kong’s: name, priority, scope, protocols, defaults, checks', () => {
  assert.equal(ldapAuth.priority, 1200);
  assert.deepEqual(schema.noScope, ['consumer']);
  const given = { ldap_host: 'ldap.test', base_dn: BASE, attribute: 'uid' };
  const { config } = createPluginHarness(ldapAuth, given);
  const { ldap_port, ldaps, start_tls, verify_ldap_host, cache_ttl, timeout, keepalive, header_type } =
    config;
  assert.deepEqual(
    { ldap_port, ldaps, start_tls, verify_ldap_host, cache_ttl, timeout, keepalive, header_type },
    {
      ldap_port: 389,
      ldaps: false,
      start_tls: false,
      verify_ldap_host: false,
      cache_ttl: 60,
      timeout: 10_000,
      keepalive: 60_000,
      header_type: 'ldap',
    },
  );
  assert.throws(
    () => createPluginHarness(ldapAuth, { ...given, ldaps: true, start_tls: true }),
    /'ldaps' and 'start_tls' cannot be enabled simultaneously/,
  );
  assert.throws(() => createPluginHarness(ldapAuth, {}), /base_dn: required field missing/);
});

test('a user of the directory passes, without a consumer', async (t) => {
  const { server, harness, ask } = await start(t, { hide_credentials: true });
  const result = await ask('einstein:pass:word');
  assert.equal(result.status, 200, result.body);
  assert.equal(result.consumer, undefined);
  assert.equal(result.credential?.id, 'einstein');
  const sent = result.upstream!.headers;
  assert.deepEqual({ ...sent }, { 'x-credential-identifier': 'einstein' });
  assert.deepEqual(server.binds, [{ dn: `uid=einstein,${BASE}`, password: 'pass:word', encrypted: false }]);
  const forged = await harness.run({
    headers: {
      Authorization: `LDAP ${Buffer.from('einstein:pass:word').toString('base64')}`,
      'X-Consumer-ID': 'root',
    },
  });
  assert.equal(forged.upstream!.headers['x-consumer-id'], undefined);
});

test('everything else is 401 with the challenge', async (t) => {
  const { server, harness, ask } = await start(t);
  const refused = [
    await harness.run({}),
    await harness.run({ headers: { Authorization: 'ldap' } }),
    await harness.run({ headers: { Authorization: 'ldap ***' } }),
    await ask('einstein:pass:word', 'Basic'),
    await ask('einstein'),
    await ask(':pass:word'),
    await ask('einstein:'),
    await ask(`einstein:${'x'.repeat(1025)}`),
    await ask(`${'x'.repeat(1025)}:x`),
    await ask(Buffer.from([0x65, 0x3a, 0xff])),
    await ask(Buffer.from([0xff, 0x3a, 0x65])),
  ];
  assert.equal(server.binds.length, 0, 'for none of these is the server asked');
  refused.push(
    await ask('einstein:wrong'),
    await ask('nobody:pass:word'),
    await ask('einstein,ou=x:pass:word'),
  );
  for (const result of refused) {
    assert.equal(result.status, 401);
    assert.equal(result.exit!.message, 'Unauthorized');
    assert.equal(result.headers['www-authenticate'], 'LDAP');
  }
  const realm = await start(t, { realm: 'r', header_type: 'basic' });
  assert.equal((await realm.harness.run({})).headers['www-authenticate'], 'basic realm="r"');
  assert.equal((await realm.ask('einstein:pass:word', 'Basic')).status, 200);
});

test('a user name is one value of the name and nothing else (RFC 4514)', async (t) => {
  assert.equal(escapeValue('Sue, Grabbit and Runn'), 'Sue\\2c Grabbit and Runn');
  assert.equal(escapeValue(' #x '), '\\20#x\\20');
  assert.equal(escapeValue('#x'), '\\23x');
  assert.equal(escapeValue('a+b=c;d<e>f"g\\h\u0000'), 'a\\2bb\\3dc\\3bd\\3ce\\3ef\\22g\\5ch\\00');
  assert.equal(escapeValue('jürgen *()'), 'jürgen *()');
  const { server, ask } = await start(t);
  server.users.set(`uid=admin,ou=admins,${BASE}`, 'x');
  assert.equal((await ask('admin,ou=admins:x')).status, 401);
  assert.equal(server.binds[0]!.dn, `uid=admin\\2cou\\3dadmins,${BASE}`);
});

test('both headers: Proxy-Authorization first, then Authorization', async (t) => {
  const { server, harness } = await start(t);
  const basic = (text: string) => `ldap ${Buffer.from(text).toString('base64')}`;
  const headers = {
    'Proxy-Authorization': basic('nobody:x'),
    Authorization: basic('einstein:pass:word'),
  };
  const result = await harness.run({ headers });
  assert.equal(result.upstream!.headers['x-credential-identifier'], 'einstein');
  assert.deepEqual(
    server.binds.map(({ dn }) => dn.split(',')[0]),
    ['uid=nobody', 'uid=einstein'],
  );
});

test('answers hold for cache_ttl, the bad ones too; one question at a time', async (t) => {
  const { server, harness, ask } = await start(t, { cache_ttl: 30 });
  const all = await Promise.all(Array.from({ length: 20 }, () => ask('einstein:pass:word')));
  assert.ok(all.every(({ status }) => status === 200));
  assert.equal(server.binds.length, 1);
  for (let i = 0; i < 3; i++) assert.equal((await ask('einstein:wrong')).status, 401);
  assert.equal(server.binds.length, 2);
  server.users.set(`uid=einstein,${BASE}`, 'new');
  harness.clock.advance(29_999);
  assert.equal((await ask('einstein:pass:word')).status, 200);
  harness.clock.advance(1);
  assert.equal((await ask('einstein:pass:word')).status, 401);
  assert.equal((await ask('einstein:new')).status, 200);
  assert.equal(server.binds.length, 4);
});

test('connections are kept, and replaced when the server has closed them', async (t) => {
  const { server, ask } = await start(t, { cache_ttl: 0 });
  for (let i = 0; i < 5; i++) assert.equal((await ask('einstein:pass:word')).status, 200);
  assert.equal((await ask('einstein:wrong')).status, 401);
  assert.equal(server.connections, 1);
  server.drop();
  assert.equal((await ask('einstein:pass:word')).status, 200);
  assert.equal(server.connections, 2);
  const single = await start(t, { cache_ttl: 0, keepalive: 0 });
  for (let i = 0; i < 3; i++) await single.ask('einstein:pass:word');
  assert.equal(single.server.connections, 3);
});

test('a server that gives no answer: 500, nobody passes, and the next time it is asked again', async (t) => {
  for (const instead of ['silent', 'close', 1, 2, 51, 52, 80] as const) {
    const { server, harness, ask } = await start(t, { timeout: 50, anonymous: 'guest' });
    server.instead = instead;
    const result = await ask('einstein:pass:word');
    assert.equal(result.status, 500, String(instead));
    assert.equal(result.exit!.message, 'An unexpected error occurred');
    assert.equal(harness.logs.at(-1)!.level, 'error');
    assert.ok(!JSON.stringify(harness.logs).includes('pass:word'));
    server.instead = undefined;
    assert.equal((await ask('einstein:pass:word')).status, 200);
  }
  for (const instead of [32, 34, 48, 50, 53]) {
    const { server, ask } = await start(t);
    server.instead = instead;
    assert.equal((await ask('einstein:pass:word')).status, 401, String(instead));
  }
  const nowhere = createPluginHarness(
    ldapAuth,
    { ldap_host: '127.0.0.1', ldap_port: 1, base_dn: BASE, attribute: 'uid', timeout: 50 },
    {},
  );
  const value = `ldap ${Buffer.from('a:b').toString('base64')}`;
  assert.equal((await nowhere.run({ headers: { Authorization: value } })).status, 500);
});

test('anonymous, and an earlier authentication', async (t) => {
  const { server, harness, ask } = await start(t, { anonymous: 'guest' });
  assert.equal((await ask('einstein:wrong')).consumer?.username, 'guest');
  assert.equal((await harness.run({})).upstream!.headers['x-anonymous-consumer'], 'true');
  const earlier = { consumer: harness.consumers[1]!, credential: { id: 'x', created_at: 0 } };
  assert.equal((await harness.run(earlier)).credential?.id, 'x');
  assert.equal(server.binds.length, 1);
});

test('ldaps and start_tls: the password is encrypted; a certificate that is not trusted ends it', {
  skip: withoutOpenssl,
}, async (t) => {
  const options = { certificate: certificate! };
  for (const [config, more] of [
    [{ ldaps: true }, { ldaps: true }],
    [{ start_tls: true }, {}],
  ] as const) {
    const { server, ask } = await start(t, { ...config, cache_ttl: 0 }, { ...options, ...more });
    for (let i = 0; i < 2; i++) {
      const result = await ask('einstein:pass:word');
      assert.equal(result.status, 200, JSON.stringify(config));
    }
    assert.deepEqual(
      server.binds.map(({ encrypted }) => encrypted),
      [true, true],
    );
    assert.equal(server.connections, 1);
    const verified = await start(t, { ...config, verify_ldap_host: true }, { ...options, ...more });
    assert.equal((await verified.ask('einstein:pass:word')).status, 500);
    assert.equal(verified.server.binds.length, 0);
  }
});

test('start_tls: no password in clear, whatever the server does', { skip: withoutOpenssl }, async (t) => {
  const refusing = await start(t, { start_tls: true });
  assert.equal((await refusing.ask('einstein:pass:word')).status, 500);
  assert.equal(refusing.server.binds.length, 0, 'a server without TLS');
  const closing = await start(t, { start_tls: true, timeout: 200 }, { certificate: certificate! });
  closing.server.afterStartTls = 'close';
  assert.equal((await closing.ask('einstein:pass:word')).status, 500);
  assert.equal(closing.server.binds.length, 0, 'a server that goes away');
  const dropped = await start(t, { start_tls: true, cache_ttl: 0 }, { certificate: certificate! });
  assert.equal((await dropped.ask('einstein:pass:word')).status, 200);
  dropped.server.drop();
  assert.equal((await dropped.ask('einstein:pass:word')).status, 200);
  assert.ok(dropped.server.binds.every(({ encrypted }) => encrypted));
});
