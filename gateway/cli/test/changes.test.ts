/** What diff shows and apply does: only what differs, in an order that works, with failures that are explained. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, run, schemas } from './cli.ts';
import { fakeAdminApi } from './fake-admin-api.ts';

const SHOP = {
  _format_version: '3.0',
  services: [
    {
      name: 'orders',
      host: 'orders.internal',
      routes: [
        {
          name: 'orders',
          paths: ['/orders'],
          plugins: [{ name: 'rate-limiting', config: { minute: 5, policy: 'local' } }],
        },
      ],
    },
  ],
  consumers: [
    {
      username: 'alice',
      keyauth_credentials: [{ key: 'alices-secret-key' }],
      badges: [{ holder: 'al', pin: '1234' }],
    },
  ],
};

async function shop(t: Parameters<typeof fakeAdminApi>[0]) {
  const api = await fakeAdminApi(t, schemas);
  const files = await folder(t);
  const command = async (name: 'diff' | 'apply', document: object, ...flags: string[]) =>
    run([name, await files.file('next.json', document), '--admin-url', api.url, ...flags]);
  const first = await command('apply', SHOP);
  assert.equal(first.code, 0, first.err);
  api.requests.length = 0;
  return { api, command, changes: () => api.requests.filter((request) => !request.startsWith('GET ')) };
}

const only = (service: object) => ({ ...SHOP, services: [{ ...SHOP.services[0], ...service }] });

test('diff: a line for each entity with what changes, and 2 when asked for it', async (t) => {
  const { command, changes } = await shop(t);
  const document = {
    ...SHOP,
    services: [
      {
        ...SHOP.services[0],
        read_timeout: 5000,
        routes: [
          {
            name: 'orders',
            paths: ['/orders'],
            plugins: [{ name: 'rate-limiting', config: { minute: 9, policy: 'local' } }],
          },
          { name: 'orders-v2', paths: ['/v2'] },
        ],
      },
    ],
    consumers: [],
  };
  const said = await command('diff', document);
  assert.equal(said.code, 0);
  assert.deepEqual(said.out.replace(/[0-9a-f-]{36}/g, 'ID').split('\n'), [
    '~ service              orders  read_timeout: 60000 → 5000',
    '+ route                orders-v2  service orders',
    '- consumer             alice',
    '~ plugin               rate-limiting  route orders  config.minute: 5 → 9',
    '- badge                al  consumer alice',
    '- keyauth_credential   ID  consumer alice',
    '',
  ]);
  assert.equal(said.err, '\n2 to change, 1 to create, 3 to delete\n');
  assert.equal((await command('diff', document, '--non-zero-exit-code')).code, 2);
  assert.deepEqual(changes(), []);

  const coloured = await command('diff', document, '--color', 'always');
  assert.match(coloured.out, /\u001b\[33m~ service/);
  const json = JSON.parse((await command('diff', document, '-o', 'json')).out);
  assert.equal(json.schemaVersion, 1);
  assert.deepEqual(json.changes[0].fields, [{ path: 'read_timeout', before: 60000, after: 5000 }]);
});

test('secrets are not shown, neither changed nor refused ones', async (t) => {
  const { api, command } = await shop(t);
  const document = {
    ...SHOP,
    plugins: [{ name: 'badge-auth', config: { vault: { password: 'one-password' } } }],
    consumers: [
      {
        username: 'alice',
        keyauth_credentials: [{ key: 'another-secret-key' }],
        badges: [{ holder: 'al', pin: '9876' }],
      },
    ],
  };
  const said = await command('diff', document);
  assert.match(said.out, /~ badge +al {2}consumer alice {2}pin: \(changed\)/);
  assert.equal((await command('apply', document)).code, 0);
  const password = {
    ...document,
    plugins: [{ name: 'badge-auth', config: { vault: { password: 'two-password' } } }],
  };
  const second = await command('diff', password);
  assert.match(second.out, /config\.vault\.password: \(changed\)/);

  api.intercept = (method) =>
    method === 'PATCH'
      ? { status: 409, body: { message: 'UNIQUE violation detected on \'{password="two-password"}\'' } }
      : undefined;
  const refused = await command('apply', password);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /update plugin badge-auth: UNIQUE violation detected on '\{password="\*\*\*"\}'/);
  for (const { out, err } of [said, second, refused])
    assert.doesNotMatch(out + err, /secret-key|one-password|two-password|1234|9876/);
});

test('apply: only what differs is sent, and of it only what changed', async (t) => {
  const { api, command, changes } = await shop(t);
  const created = api.all('services')[0]?.['created_at'];
  assert.equal((await command('apply', only({ retries: 1 }))).code, 0);
  const [service] = api.all('services');
  assert.deepEqual(changes(), [`PATCH /services/${service?.id}`]);
  assert.deepEqual([service?.['retries'], service?.['created_at']], [1, created]);
  // What is no longer in the file goes back to its default.
  assert.equal((await command('apply', SHOP)).code, 0);
  assert.equal(api.all('services')[0]?.['retries'], 5);
});

test('a hashed secret is compared by its hash, and sent as it is written', async (t) => {
  const { api, command } = await shop(t);
  const hash = api.all('badges')[0]?.['pin'];
  assert.match(String(hash), /^[0-9a-f]{40}$/);
  const consumers = [{ ...SHOP.consumers[0], badges: [{ holder: 'al', pin: '1234', tags: ['x'] }] }];
  assert.equal((await command('apply', { ...SHOP, consumers })).code, 0);
  assert.deepEqual([api.all('badges')[0]?.['pin'], api.all('badges')[0]?.['tags']], [hash, ['x']]);

  // A dump has the hash; with another tag it must not be hashed again.
  const dumped = [{ ...SHOP.consumers[0], badges: [{ holder: 'al', pin: hash, tags: ['y'] }] }];
  for (const transform of [{}, { _transform: false }]) {
    assert.equal((await command('apply', { ...SHOP, ...transform, consumers: dumped })).code, 0);
    assert.deepEqual([api.all('badges')[0]?.['pin'], api.all('badges')[0]?.['tags']], [hash, ['y']]);
  }
  const elsewhere = [{ ...SHOP.consumers[0], badges: [{ holder: 'new', pin: hash }] }];
  const said = await command('apply', { ...SHOP, _transform: false, consumers: elsewhere });
  assert.equal(said.code, 1);
  assert.match(said.err, /create badge new \(consumer alice\): its pin is in stored form/);
  assert.match(said.err, /1 to delete: not tried, because of the failures above/);
});

test('a key that the file leaves to the gateway stays what it has become', async (t) => {
  const { api, command } = await shop(t);
  const document = { ...SHOP, consumers: [{ username: 'bob', keyauth_credentials: [{ tags: ['made'] }] }] };
  assert.equal((await command('apply', document)).code, 0);
  const [credential] = api.all('keyauth_credentials');
  assert.match(String(credential?.['key']), /^[A-Za-z0-9]{32}$/);
  assert.equal((await command('diff', document, '--non-zero-exit-code')).code, 0);
});

test('a failure is told with the words of the API; what hangs on it is not tried, nothing is deleted, the rest is done', async (t) => {
  const { api, command, changes } = await shop(t);
  api.intercept = (method, path) =>
    method === 'PUT' && path.startsWith('/services/')
      ? { status: 400, body: { message: 'schema violation (host: odd)' } }
      : undefined;
  const document = {
    _format_version: '3.0',
    services: [
      SHOP.services[0],
      {
        name: 'bad',
        host: 'bad',
        routes: [{ name: 'bad', paths: ['/bad'], plugins: [{ name: 'key-auth' }] }],
      },
    ],
    upstreams: [{ name: 'fine' }],
    consumers: [],
  };
  const said = await command('apply', document);
  assert.equal(said.code, 1);
  assert.deepEqual(said.err.split('\n').slice(0, 5), [
    '✗ create service bad: schema violation (host: odd)',
    '✗ create route bad (service bad): not tried, what it refers to failed',
    '✗ create plugin key-auth (route bad): not tried, what it refers to failed',
    '✗ 3 to delete: not tried, because of the failures above',
    'created 1, changed 0, deleted 0; 6 not done',
  ]);
  assert.deepEqual(
    changes()
      .map((request) => request.split('/')[1])
      .sort(),
    ['services', 'upstreams'],
  );

  api.intercept = () => undefined;
  assert.equal((await command('apply', document)).code, 0);
  assert.equal((await command('diff', document, '--non-zero-exit-code')).code, 0);
});

test('ten at a time, what is referred to first, deletions last and in the other order', async (t) => {
  const { api, command, changes } = await shop(t);
  const services = Array.from({ length: 40 }, (_, i) => ({
    name: `s${i}`,
    host: 'h',
    routes: [{ name: `r${i}`, paths: [`/${i}`] }],
  }));
  api.busiest = 0;
  assert.equal((await command('apply', { _format_version: '3.0', services })).code, 0);
  assert.ok(api.busiest > 3 && api.busiest <= 10, String(api.busiest));
  const kinds = changes().map((request) => request.split('/').slice(0, 2).join('/'));
  const at = (kind: string) => [kinds.indexOf(kind), kinds.lastIndexOf(kind)] as const;
  assert.ok(at('PUT /services')[1] < at('PUT /routes')[0]);
  assert.ok(at('PUT /routes')[1] < kinds.findIndex((kind) => kind.startsWith('DELETE')));
  assert.ok(at('DELETE /plugins')[1] < at('DELETE /routes')[0]);
  assert.ok(at('DELETE /routes')[1] < at('DELETE /services')[0]);
});

test('what holds a unique value that something else gets is deleted first', async (t) => {
  const { api, command } = await shop(t);
  const consumers = (username: string) => [{ username, custom_id: 'the-one' }];
  assert.equal((await command('apply', { ...SHOP, consumers: consumers('old') })).code, 0);
  const said = await command('apply', { ...SHOP, consumers: consumers('new') });
  assert.equal(said.code, 0, said.err);
  assert.deepEqual(
    api.all('consumers').map(({ username, custom_id }) => [username, custom_id]),
    [['new', 'the-one']],
  );
});

test('lists come in pages', async (t) => {
  const { api, command } = await shop(t);
  const consumers = Array.from({ length: 25 }, (_, i) => ({ username: `u${i}` }));
  const document = { ...SHOP, consumers };
  assert.equal((await command('apply', document)).code, 0);
  api.pageSize = 4;
  assert.equal((await command('diff', document, '--non-zero-exit-code')).code, 0);
});

test('with a tag, what lacks it is left alone, and what is in the file gets it', async (t) => {
  const { api, command } = await shop(t);
  const document = {
    _format_version: '3.0',
    services: [{ name: 'mine', host: 'h', tags: ['x'], routes: [{ name: 'mine', paths: ['/m'] }] }],
  };
  assert.equal((await command('apply', document, '--select-tag', 'team-b')).code, 0);
  assert.deepEqual(
    api
      .all('services')
      .map(({ name }) => name)
      .sort(),
    ['mine', 'orders'],
  );
  assert.deepEqual(api.all('routes').find(({ name }) => name === 'mine')?.['tags'], ['team-b']);
  assert.deepEqual(api.all('services').find(({ name }) => name === 'mine')?.['tags'], ['x', 'team-b']);

  const dump = JSON.parse(
    (await run(['dump', '--select-tag', 'team-b', '--format', 'json', '--admin-url', api.url])).out,
  );
  assert.deepEqual(Object.keys(dump), ['_format_version', 'services']);
  assert.equal((await command('diff', dump, '--select-tag', 'team-b', '--non-zero-exit-code')).code, 0);
  assert.equal((await command('apply', { _format_version: '3.0' }, '--select-tag', 'team-b')).code, 0);
  assert.deepEqual(
    api.all('services').map(({ name }) => name),
    ['orders'],
  );
});

test('ids: those of the file count when they are there, else what makes an entity unique', async (t) => {
  const { api, command } = await shop(t);
  const [service] = api.all('services');
  const renamed = await command('apply', only({ id: service?.id, name: 'renamed' }));
  assert.equal(renamed.code, 0, renamed.err);
  assert.deepEqual(
    api.all('services').map(({ id, name }) => [id, name]),
    [[service?.id, 'renamed']],
  );

  const other = '11111111-1111-4111-8111-111111111111';
  const kept = await command('apply', only({ id: other, name: 'renamed', retries: 1 }));
  assert.equal(kept.code, 0, kept.err);
  assert.match(
    kept.err,
    new RegExp(`^note: services: the gateway has ${service?.id} where the file says ${other}`),
  );
  assert.deepEqual(
    api.all('services').map(({ id, retries }) => [id, retries]),
    [[service?.id, 1]],
  );

  // The name that made its id belongs to somebody else by now.
  const again = {
    ...SHOP,
    services: [...only({ name: 'renamed', retries: 1 }).services, { name: 'orders', host: 'new' }],
  };
  assert.equal((await command('apply', again)).code, 0);
  assert.deepEqual(
    api
      .all('services')
      .map(({ name }) => name)
      .sort(),
    ['orders', 'renamed'],
  );
  assert.equal((await command('diff', again, '--non-zero-exit-code')).code, 0);
});

test('a gateway that goes away in the middle: what was done, what was not', async (t) => {
  const { api, command } = await shop(t);
  const services = [SHOP.services[0], ...Array.from({ length: 5 }, (_, i) => ({ name: `s${i}`, host: 'h' }))];
  let puts = 0;
  api.intercept = (method) =>
    method === 'PUT' && ++puts > 3 ? { status: 401, body: { message: 'revoked' } } : undefined;
  const said = await command('apply', { ...SHOP, services });
  assert.equal(said.code, 1);
  assert.match(said.err, /does not let us in: revoked \(created \d, changed 0, deleted 0; \d not done\)/);
  assert.match(said.err, /run it again: only what differs is sent/);

  api.intercept = (method) =>
    method === 'GET' ? undefined : { status: 403, body: { message: 'this needs the role write' } };
  const weak = await command('apply', { _format_version: '3.0', services: [{ name: 'x', host: 'h' }] });
  assert.equal(weak.code, 1);
  assert.match(
    weak.err,
    /^error: this needs the role write \(created 0, changed 0, deleted 0; \d+ not done\)/,
  );
});

test('unusable files and gateways', async (t) => {
  const { api, command, changes } = await shop(t);
  const invalid = await command('apply', { _format_version: '3.0', services: [{ name: 'x', hst: 'y' }] });
  assert.equal(invalid.code, 65);
  assert.match(invalid.err, /^error\[CD\d+\]: unknown field `hst`/m);
  assert.match(invalid.err, /did you mean `host`\?/);
  assert.deepEqual(changes(), []);
  api.intercept = (_method, path) =>
    path === '/' ? { status: 200, body: { configuration: { database: 'off' } } } : undefined;
  const off = await command('apply', SHOP);
  assert.equal(off.code, 1);
  assert.match(off.err, /takes its configuration from a file/);
  assert.deepEqual(changes(), []);
});
