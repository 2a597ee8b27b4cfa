/** apply then diff says nothing; dump then diff says nothing, here and on an empty gateway after an apply. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CA_CERTIFICATE, RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { folder, run, schemas } from './cli.ts';
import { type FakeAdminApi, fakeAdminApi } from './fake-admin-api.ts';

const CA_ID = '7b4a2a8a-8b1f-4c8e-9d39-1a5be2e07d01';
const CERTIFICATE_ID = '2f0d6e0c-53a5-4d0e-8d31-6d1f4f3f7b02';

/** Something of everything, nested as far as it goes. */
const EVERYTHING = {
  _format_version: '3.0',
  certificates: [
    {
      id: CERTIFICATE_ID,
      cert: RSA_CERTIFICATE,
      key: RSA_KEY,
      snis: [{ name: 'a.example' }, { name: '*.b.example' }],
    },
  ],
  ca_certificates: [{ id: CA_ID, cert: CA_CERTIFICATE }],
  services: [
    {
      name: 'orders',
      url: 'https://orders.internal:8443/v1',
      retries: 3,
      tls_verify: true,
      ca_certificates: [CA_ID],
      client_certificate: CERTIFICATE_ID,
      tags: ['team-a', 'core'],
      routes: [
        {
          name: 'orders',
          paths: ['/orders', '~/orders/(?<id>\\d+)$'],
          methods: ['POST', 'GET'],
          headers: { 'x-version': ['1', '2'] },
          strip_path: false,
          plugins: [{ name: 'rate-limiting', config: { minute: 5, policy: 'local' } }],
        },
        { paths: ['/unnamed'], protocols: ['https', 'http'] },
      ],
      plugins: [{ name: 'key-auth', instance_name: 'orders-keys', config: { key_names: ['x-key'] } }],
    },
    { name: 'off', host: 'off.internal', enabled: false },
  ],
  routes: [{ name: 'no-service', hosts: ['lonely.example'] }],
  upstreams: [
    {
      name: 'orders.internal',
      algorithm: 'least-connections',
      healthchecks: { active: { healthy: { interval: 5, successes: 1 } } },
      targets: [
        { target: '10.0.0.1:80', weight: 10 },
        { target: '10.0.0.2' },
        { target: '[::1]:81', tags: ['v6'] },
      ],
    },
  ],
  consumers: [
    {
      username: 'alice',
      custom_id: 'a-1',
      keyauth_credentials: [{ key: 'alices-secret-key' }, { key: 'short-lived-key', ttl: 3600 }],
      badges: [{ holder: 'alice', pin: '1234' }],
      badge_groups: [{ group: 'staff' }, { group: 'cooks' }],
      plugins: [{ name: 'request-termination', config: { status_code: 451, message: 'no' } }],
    },
    { custom_id: 'only-an-id' },
  ],
  key_sets: [{ name: 'signers' }],
  keys: [
    { name: 'one', kid: 'k1', set: 'signers', jwk: JSON.stringify({ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }) },
  ],
  vaults: [{ prefix: 'mine', name: 'env', config: { prefix: 'MINE_' } }],
  plugins: [
    { name: 'correlation-id', config: { header_name: 'X-Id' } },
    { name: 'rate-limiting', service: 'orders', consumer: 'alice', config: { hour: 100, policy: 'local' } },
    {
      name: 'badge-auth',
      route: 'no-service',
      config: { desks: ['b', 'a'], limits: { a: 1 }, vault: { password: 'vault-password' } },
    },
  ],
};

function counts(api: FakeAdminApi): Record<string, number> {
  return Object.fromEntries(
    schemas.managed
      .map(({ collection }) => [collection, api.all(collection).length] as const)
      .filter(([, count]) => count > 0),
  );
}

async function assertNoDifference(api: FakeAdminApi, file: string, ...more: string[]): Promise<void> {
  const said = await run(['diff', file, '--admin-url', api.url, '--non-zero-exit-code', ...more]);
  assert.deepEqual(said, { code: 0, out: '', err: 'no differences\n' });
}

test('apply then diff, and apply again, say and send nothing', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  const file = await (await folder(t)).file('kong.json', EVERYTHING);
  const applied = await run(['apply', file, '--admin-url', api.url]);
  assert.equal(applied.code, 0, applied.err);
  assert.match(applied.err, /ok {2}created 29, changed 0, deleted 0\n$/);
  assert.equal(applied.out.trimEnd().split('\n').length, 29);
  assert.deepEqual(counts(api), {
    certificates: 1,
    ca_certificates: 1,
    snis: 2,
    services: 2,
    routes: 3,
    consumers: 2,
    upstreams: 1,
    targets: 3,
    key_sets: 1,
    keys: 1,
    vaults: 1,
    plugins: 6,
    keyauth_credentials: 2,
    badges: 1,
    badge_groups: 2,
  });
  await assertNoDifference(api, file);
  const before = api.requests.length;
  const again = await run(['apply', file, '--admin-url', api.url]);
  assert.deepEqual(again, { code: 0, out: '', err: 'no differences\n' });
  assert.deepEqual(
    api.requests.slice(before).filter((request) => !request.startsWith('GET ')),
    [],
  );
});

for (const flags of [[], ['--with-id'], ['--format', 'json']]) {
  test(`dump ${flags.join(' ')} then diff says nothing`, async (t) => {
    const api = await fakeAdminApi(t, schemas);
    const files = await folder(t);
    await run(['apply', await files.file('kong.json', EVERYTHING), '--admin-url', api.url]);
    const target = join(files.path, flags.includes('json') ? 'dump.json' : 'dump.yml');
    const dumped = await run(['dump', '-o', target, '--admin-url', api.url, ...flags]);
    assert.equal(dumped.code, 0, dumped.err);
    assert.equal((await stat(target)).mode & 0o777, 0o600);
    const text = await readFile(target, 'utf8');
    assert.equal(text.includes(api.all('services')[0]?.id as string), flags.includes('--with-id'));
    await assertNoDifference(api, target);
  });
}

test('what one gateway has can be put into another one, whose entities have other ids', async (t) => {
  const one = await fakeAdminApi(t, schemas);
  const files = await folder(t);
  const { badges: _hashed, ...alice } = EVERYTHING.consumers[0] as Record<string, unknown>;
  const document = { ...EVERYTHING, consumers: [alice, EVERYTHING.consumers[1]] };
  await run(['apply', await files.file('kong.json', document), '--admin-url', one.url]);
  const dump = await run(['dump', '--admin-url', one.url]);
  const file = await files.file('dump.yml', dump.out);

  const other = await fakeAdminApi(t, schemas);
  const service = other.insert('services', { name: 'orders', host: 'elsewhere' });
  other.insert('consumers', { username: 'alice' });
  const upstream = other.insert('upstreams', { name: 'orders.internal' });
  other.insert('targets', { upstream: { id: upstream.id }, target: '10.0.0.1:80' });
  const applied = await run(['apply', file, '--admin-url', other.url]);
  assert.equal(applied.code, 0, applied.err);
  assert.equal(other.all('services').find(({ name }) => name === 'orders')?.id, service.id);
  assert.deepEqual(counts(other), counts(one));
  await assertNoDifference(other, file);
  // What lives for a while has fewer seconds left by now.
  const lasting = (text: string) => text.replace(/ttl: \d+/, 'ttl: N');
  assert.equal(lasting((await run(['dump', '--admin-url', other.url])).out), lasting(dump.out));
});

test('the dump is nested, uses names, and leaves out what is the default', async (t) => {
  const api = await fakeAdminApi(t, schemas);
  const files = await folder(t);
  await run(['apply', await files.file('kong.json', EVERYTHING), '--admin-url', api.url]);
  const dump = JSON.parse((await run(['dump', '--format', 'json', '--admin-url', api.url])).out);
  assert.equal(dump._format_version, '3.0');
  const orders = dump.services.find((service: { name: string }) => service.name === 'orders');
  assert.deepEqual(Object.keys(orders), [
    'ca_certificates',
    'client_certificate',
    'host',
    'name',
    'path',
    'plugins',
    'port',
    'protocol',
    'retries',
    'routes',
    'tags',
    'tls_verify',
  ]);
  assert.deepEqual(orders.plugins, [
    { config: { key_names: ['x-key'] }, instance_name: 'orders-keys', name: 'key-auth' },
  ]);
  const named = orders.routes.find((route: { name?: string }) => route.name === 'orders');
  assert.deepEqual(named.plugins, [{ config: { minute: 5 }, name: 'rate-limiting' }]);
  assert.equal(named.id, undefined);
  assert.ok(
    orders.routes.every((route: { name?: string; id?: string }) => (route.name ?? route.id) !== undefined),
  );
  assert.deepEqual(
    dump.plugins.map((plugin: Record<string, unknown>) => [
      plugin['name'],
      plugin['service'],
      plugin['consumer'],
    ]),
    [
      ['correlation-id', undefined, undefined],
      ['rate-limiting', 'orders', 'alice'],
    ],
  );
  assert.deepEqual(dump.routes[0].plugins[0].config.vault, { password: 'vault-password' });
  assert.deepEqual(dump.upstreams[0].healthchecks, { active: { healthy: { interval: 5, successes: 1 } } });
  assert.equal(dump.keys[0].set, 'signers');
  assert.deepEqual(dump.certificates[0].snis, [{ name: '*.b.example' }, { name: 'a.example' }]);
  assert.equal(
    dump.consumers.find((one: { username?: string }) => one.username === 'alice').keyauth_credentials.length,
    2,
  );
  // What is hashed must not be hashed again when it is read.
  assert.equal(dump._transform, false);
});
