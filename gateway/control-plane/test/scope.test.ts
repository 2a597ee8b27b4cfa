/** What a microgateway sees, case by case. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeclarative } from '../../../shared/config/declarative/read.ts';
import { entityIndex } from '../../../shared/config/entities/index.ts';
import { EC_CERTIFICATE, EC_KEY } from '../../../shared/config/entities/test/pem.ts';
import { pluginRegistry } from '../../../shared/config/plugin-registry.ts';
import { array, foreign, record, string } from '../../../shared/config/schema/field.ts';
import type { AllowedCalls } from '../certificates.ts';
import { gatewayScope, microgatewayScope, type Scope, ScopeIndex } from '../scope.ts';

const consumer = foreign('consumers', { required: true }, 'cascade');
const registry = pluginRegistry([
  {
    name: 'key-auth',
    schema: {
      config: record({ anonymous: string() }),
      entities: {
        keyauth_credentials: {
          adminPath: 'key-auths',
          nestedPath: 'key-auth',
          endpointKey: 'key',
          fields: { consumer, key: string({ unique: true, referenceable: true }) },
        },
      },
    },
  },
  {
    name: 'oauth2',
    schema: {
      config: record({}),
      entities: {
        oauth2_credentials: {
          adminPath: 'oauth2',
          nestedPath: 'oauth2',
          endpointKey: 'client_id',
          fields: { consumer, client_id: string({ unique: true }) },
        },
        oauth2_tokens: {
          adminPath: 'oauth2_tokens',
          endpointKey: 'access_token',
          fields: {
            credential: foreign('oauth2_credentials', { required: true }, 'cascade'),
            service: foreign('services', {}, 'cascade'),
            access_token: string({ unique: true }),
          },
        },
      },
    },
  },
  { name: 'ldap-auth', schema: { config: record({ anonymous: string() }) } },
  { name: 'limit', schema: { config: record({ secret: string({ referenceable: true }) }) } },
  {
    name: 'signer',
    schema: {
      config: record({
        key_sets: array(string()),
        ca_certificates: array(string()),
        keyset: string(),
        header: string(),
        key_id: string(),
      }),
    },
  },
]);
const definitions = entityIndex(registry);
const CERT = { cert: EC_CERTIFICATE, key: EC_KEY };
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const jwk = (kid: string): string => JSON.stringify({ kty: 'oct', k: 'c2VjcmV0', kid });

async function indexOf(document: Readonly<Record<string, unknown>>): Promise<ScopeIndex> {
  const text = JSON.stringify({ _format_version: '3.0', ...document });
  const result = await readDeclarative(text, { format: 'json', plugins: registry, now: 0 });
  if (!result.ok) throw new Error(result.findings.map(({ message }) => message).join('\n'));
  return new ScopeIndex(result.configuration, definitions);
}

async function scopeOf(
  document: Readonly<Record<string, unknown>>,
  calls: readonly string[] = [],
  allowed: AllowedCalls = '*',
  service = 'orders',
): Promise<Scope> {
  return microgatewayScope(await indexOf(document), { service, calls }, allowed);
}

/** `collection name`, with whatever names an entity. */
function names({ entities }: Scope): readonly string[] {
  return entities
    .map(({ collection, entity }) => {
      const name = ['name', 'username', 'key', 'target', 'prefix', 'kid', 'access_token', 'client_id', 'id']
        .map((field) => entity[field])
        .find((value) => typeof value === 'string' && !value.startsWith('-----'));
      return `${collection} ${String(name)}`;
    })
    .sort();
}

const orders = { name: 'orders', url: 'http://orders.test' };
const users = { name: 'users', url: 'http://users.test' };

test('the service with its routes and what runs there', async () => {
  const scope = await scopeOf({
    services: [
      { ...orders, routes: [{ name: 'here', paths: ['/o'] }] },
      { ...users, routes: [{ name: 'there', paths: ['/u'] }] },
    ],
    routes: [{ name: 'nowhere', paths: ['/n'] }],
    plugins: [
      { name: 'limit', instance_name: 'everywhere' },
      { name: 'limit', instance_name: 'on-orders', service: 'orders' },
      { name: 'limit', instance_name: 'on-users', service: 'users' },
      { name: 'limit', instance_name: 'on-here', route: 'here' },
      { name: 'limit', instance_name: 'on-there', route: 'there' },
      { name: 'limit', instance_name: 'on-nowhere', route: 'nowhere' },
      { name: 'signer', instance_name: 'off', enabled: false },
    ],
  });
  const plugins = scope.entities.filter(({ collection }) => collection === 'plugins');
  assert.deepEqual(plugins.map(({ entity }) => entity['instance_name']).sort(), [
    'everywhere',
    'on-here',
    'on-orders',
  ]);
  assert.deepEqual(
    names(scope).filter((name) => !name.startsWith('plugins')),
    ['routes here', 'services orders'],
  );
});

test('the service may be given by id, and may be missing', async () => {
  const document = { services: [{ ...orders, id: id(1) }] };
  assert.deepEqual(names(await scopeOf(document, [], '*', id(1))), ['services orders']);
  const missing = await scopeOf(document, [], '*', 'other');
  assert.deepEqual(missing, { entities: [], calls: [], refused: ['other'] });
});

test('consumers and credentials only where a plugin uses them', async () => {
  const document = (plugins: readonly object[]) => ({
    services: [orders, users],
    consumers: [{ username: 'alice', keyauth_credentials: [{ key: 'key-of-alice' }] }, { username: 'bob' }],
    plugins,
  });
  const everybody = ['consumers alice', 'consumers bob', 'keyauth_credentials key-of-alice'];
  const people = (scope: Scope) => names(scope).filter((name) => /^(?:consumers|keyauth)/.test(name));
  assert.deepEqual(people(await scopeOf(document([]))), []);
  assert.deepEqual(people(await scopeOf(document([{ name: 'key-auth' }]))), everybody);
  assert.deepEqual(people(await scopeOf(document([{ name: 'key-auth', service: 'orders' }]))), everybody);
  assert.deepEqual(people(await scopeOf(document([{ name: 'key-auth', service: 'users' }]), ['users'])), []);
  assert.deepEqual(people(await scopeOf(document([{ name: 'key-auth', enabled: false }]))), []);
  // Nobody is identified here, so nothing runs for a consumer and nobody needs to be known.
  const limited = await scopeOf(document([{ name: 'limit', consumer: 'alice' }]));
  assert.deepEqual(names(limited), ['services orders']);
  const both = await scopeOf(document([{ name: 'key-auth' }, { name: 'limit', consumer: 'alice' }]));
  assert.ok(names(both).includes('plugins limit'));
  // Another plugin's credentials do not come along.
  const oauth = await scopeOf(document([{ name: 'oauth2' }]));
  assert.deepEqual(people(oauth), ['consumers alice', 'consumers bob']);
});

test('a consumer that a plugin names, by name or id, and nobody else', async () => {
  const document = (anonymous: string) => ({
    services: [orders],
    consumers: [{ username: 'nobody', id: id(9) }, { username: 'alice' }],
    plugins: [{ name: 'ldap-auth', config: { anonymous } }],
  });
  for (const name of ['nobody', id(9)]) {
    const people = names(await scopeOf(document(name))).filter((one) => one.startsWith('consumers'));
    assert.deepEqual(people, ['consumers nobody']);
  }
});

test('a token for another service stays away, also when that service is called', async () => {
  const scope = await scopeOf(
    {
      services: [orders, users],
      consumers: [{ username: 'alice', oauth2_credentials: [{ id: id(5), client_id: 'client' }] }],
      oauth2_tokens: [
        { credential: id(5), access_token: 'for-orders', service: 'orders' },
        { credential: id(5), access_token: 'for-users', service: 'users' },
        { credential: id(5), access_token: 'for-all' },
      ],
      plugins: [{ name: 'oauth2', service: 'orders' }],
    },
    ['users'],
  );
  const tokens = names(scope).filter((name) => name.startsWith('oauth2_tokens'));
  assert.deepEqual(tokens, ['oauth2_tokens for-all', 'oauth2_tokens for-orders']);
  assert.ok(names(scope).includes('oauth2_credentials client'));
});

test('a service that is called: how it is reached, nothing of its policies', async () => {
  const document = {
    services: [
      orders,
      {
        name: 'users',
        protocol: 'https',
        host: 'pool',
        client_certificate: id(1),
        routes: [{ name: 'u', paths: ['/u'], plugins: [{ name: 'key-auth' }] }],
      },
      { name: 'off', url: 'http://off.test', enabled: false },
      { name: 'other', url: 'http://other.test' },
    ],
    upstreams: [
      { name: 'pool', client_certificate: id(2), targets: [{ target: '10.0.0.1:80' }] },
      { name: 'unused', targets: [{ target: '10.0.0.2:80' }] },
    ],
    certificates: [1, 2, 3].map((n) => ({ ...CERT, id: id(n) })),
    consumers: [{ username: 'alice', keyauth_credentials: [{ key: 'key-of-alice' }] }],
  };
  const reached = [
    `certificates ${id(1)}`,
    `certificates ${id(2)}`,
    'services orders',
    'services users',
    'targets 10.0.0.1:80',
    'upstreams pool',
  ];
  const scope = await scopeOf(document, ['users', 'off', 'nobody']);
  assert.deepEqual(names(scope), reached);
  assert.deepEqual(scope.calls, ['users']);
  assert.deepEqual(scope.refused, ['nobody', 'off']);

  const all = await scopeOf(document, ['*']);
  assert.deepEqual(names(all), [...reached, 'services other'].sort());
  assert.deepEqual([all.calls, all.refused], [['*'], []]);

  const narrowed = await scopeOf(document, ['users', 'other'], ['other']);
  assert.deepEqual(names(narrowed), ['services orders', 'services other']);
  assert.deepEqual([narrowed.calls, narrowed.refused], [['other'], ['users']]);
  const wished = await scopeOf(document, ['*'], ['other', 'gone']);
  assert.deepEqual(names(wished), ['services orders', 'services other']);
  assert.deepEqual([wished.calls, wished.refused], [['other'], ['*']]);
  assert.deepEqual(names(await scopeOf(document, ['users'], [])), ['services orders']);
});

test('certificates by the server names of its routes', async () => {
  const sni = (name: string, n: number) => ({ ...CERT, id: id(n), snis: [{ name }] });
  const certificates = [
    sni('orders.test', 1),
    sni('*.shop.test', 2),
    sni('exact.shop.test', 3),
    sni('*', 4),
    sni('other.test', 5),
    sni('api.*', 6),
  ];
  const found = async (route: object): Promise<readonly string[]> => {
    const services = [{ ...orders, routes: [{ name: 'r', ...route }] }];
    return names(await scopeOf({ services, certificates })).filter((name) => name.startsWith('snis'));
  };
  assert.deepEqual(await found({ hosts: ['orders.test'] }), ['snis orders.test']);
  assert.deepEqual(await found({ hosts: ['Orders.test:8443'] }), ['snis orders.test']);
  assert.deepEqual(await found({ hosts: ['a.shop.test'] }), ['snis *.shop.test']);
  assert.deepEqual(await found({ hosts: ['exact.shop.test'] }), ['snis exact.shop.test']);
  assert.deepEqual(await found({ hosts: ['api.elsewhere'] }), ['snis api.*']);
  assert.deepEqual(await found({ hosts: ['unknown.test'] }), ['snis *']);
  assert.deepEqual(await found({ hosts: ['*.shop.test'] }), [
    'snis *',
    'snis *.shop.test',
    'snis exact.shop.test',
  ]);
  assert.deepEqual(await found({ snis: ['orders.test'], protocols: ['https'] }), ['snis orders.test']);
  assert.deepEqual(await found({ paths: ['/o'] }), ['snis *']);
  assert.deepEqual(await found({ hosts: ['orders.test'], protocols: ['http'] }), []);
});

test('keys, key sets and CAs that plugins name; a text that happens to be the name of a key set brings none', async () => {
  const document = (config: object) => ({
    services: [orders],
    key_sets: [
      { id: id(1), name: 'first' },
      { id: id(2), name: 'second' },
    ],
    keys: [
      { id: id(11), kid: 'a', set: id(1), jwk: jwk('a') },
      { id: id(12), kid: 'b', set: id(1), jwk: jwk('b') },
      { id: id(13), kid: 'c', set: id(2), jwk: jwk('c') },
      { id: id(14), kid: 'd', jwk: jwk('d') },
    ],
    plugins: [{ name: 'signer', config }],
  });
  const found = async (config: object): Promise<readonly string[]> =>
    names(await scopeOf(document(config))).filter((name) => name.startsWith('key'));
  assert.deepEqual(await found({}), []);
  assert.deepEqual(await found({ key_sets: ['first'] }), ['key_sets first', 'keys a', 'keys b']);
  assert.deepEqual(await found({ keyset: 'second' }), ['key_sets second', 'keys c']);
  assert.deepEqual(await found({ key_sets: [id(1)] }), ['key_sets first', 'keys a', 'keys b']);
  assert.deepEqual(await found({ key_id: id(14) }), ['keys d']);
  assert.deepEqual(await found({ key_id: id(13) }), ['key_sets second', 'keys c']);
  assert.deepEqual(await found({ key_id: id(11) }), ['key_sets first', 'keys a']);
  assert.deepEqual(await found({ header: 'first' }), []);
});

test('vaults that something refers to', async () => {
  const document = (secret: string) => ({
    services: [orders, users],
    vaults: [
      { name: 'env', prefix: 'mine', config: { prefix: 'A_' } },
      { name: 'env', prefix: 'theirs', config: { prefix: 'B_' } },
    ],
    plugins: [
      { name: 'limit', service: 'orders', config: { secret } },
      { name: 'limit', service: 'users', config: { secret: '{vault://theirs/x}' } },
    ],
  });
  const found = async (secret: string): Promise<readonly string[]> =>
    names(await scopeOf(document(secret))).filter((name) => name.startsWith('vaults'));
  assert.deepEqual(await found('{vault://mine/x}'), ['vaults env']);
  assert.deepEqual(await found('plain'), []);
  const [vault] = (await scopeOf(document('{vault://mine/x}'))).entities.filter(
    ({ collection }) => collection === 'vaults',
  );
  assert.equal(vault?.entity['prefix'], 'mine');
});

test('a gateway sees everything, also what is disabled', async () => {
  const index = await indexOf({
    services: [orders, { ...users, enabled: false }],
    consumers: [{ username: 'alice', keyauth_credentials: [{ key: 'k' }] }],
    plugins: [{ name: 'limit', enabled: false }],
    vaults: [{ name: 'env', prefix: 'mine', config: {} }],
  });
  assert.deepEqual(names(gatewayScope(index)), [
    'consumers alice',
    'keyauth_credentials k',
    'plugins limit',
    'services orders',
    'services users',
    'vaults env',
  ]);
});
