import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../config/empty.ts';
import type { Configuration } from '../../config/entities.ts';
import { openCatalog } from '../../plugins/catalog.ts';
import { configuredPlugin } from '../../plugins/testkit/configured-plugin.ts';
import {
  makeConsumer,
  makePlugin,
  makeRoute,
  makeService,
  makeTarget,
  makeUpstream,
} from '../../plugins/testkit/entities.ts';
import type { ExplainRequest, Explanation } from '../contract.ts';
import { Explainer } from '../explainer.ts';
import { NoRequest } from '../request.ts';

const catalog = await openCatalog(['bundled'], []);
await catalog.all();
const { definitions } = catalog;

const service = makeService({ id: 's1', name: 'orders', host: 'orders.internal', port: 3000 });
const alice = makeConsumer({ id: 'c1', username: 'alice' });

function plugin(name: string, config: Record<string, unknown>, scope: Record<string, unknown> = {}) {
  return makePlugin({ ...configuredPlugin(definitions.get(name)!, config).value, ...scope });
}

async function explain(
  configuration: Partial<Configuration>,
  asked: Partial<ExplainRequest> = {},
): Promise<Explanation> {
  const explainer = await Explainer.open({
    configuration: { ...EMPTY_CONFIGURATION, services: [service], consumers: [alice], ...configuration },
    definitions,
  });
  return explainer.explain({
    method: 'GET',
    url: 'http://api.test/orders/42',
    headers: [],
    sni: undefined,
    clientIp: '192.0.2.1',
    consumer: undefined,
    listenPort: 8000,
    ...asked,
  });
}

const orders = makeRoute({ id: 'r1', name: 'orders', paths: ['/orders'], service: { id: 's1' } });
const versioned = makeRoute({
  id: 'r2',
  name: 'orders-v2',
  paths: ['/orders'],
  headers: { 'x-version': ['2'] },
  service: { id: 's1' },
});

test('it says where a request would go, and what strip_path takes away', async () => {
  const { result, upstream, matched } = await explain({ routes: [orders] });
  assert.equal(result.kind, 'forwarded');
  assert.equal(matched!.route.name, 'orders');
  assert.deepEqual(upstream, {
    url: 'http://orders.internal:3000/42',
    host_header: 'orders.internal:3000',
    stripped: '/orders',
    targets: null,
  });
});

test('it says why a route beats the next one', async () => {
  const routes = [orders, versioned];
  const { matched, why, candidates } = await explain({ routes }, { headers: [['x-version', '2']] });
  assert.equal(matched!.route.name, 'orders-v2');
  assert.equal(why!.beats!.name, 'orders');
  assert.match(why!.reason, /more kinds of criteria \(2 against 1\)/);
  assert.deepEqual(
    candidates.map(({ route, matched }) => [route.name, matched]),
    [
      ['orders-v2', true],
      ['orders', true],
    ],
  );
});

for (const [what, winner, loser, reason] of [
  ['a longer path', { paths: ['/orders/4'] }, { paths: ['/orders'] }, /path is longer/],
  ['a regular expression', { paths: ['~/orders'] }, { paths: ['/orders/42'] }, /regular expression/],
  [
    'regex_priority',
    { paths: ['~/orders'], regex_priority: 5 },
    { paths: ['~/orders/42'], regex_priority: 2 },
    /regex_priority is higher \(5 against 2\)/,
  ],
  [
    'hosts without wildcards',
    { hosts: ['api.test'], paths: ['/'] },
    { hosts: ['*.test'], paths: ['/'] },
    /without a wildcard/,
  ],
  [
    'more headers',
    { headers: { a: ['1'], b: ['1'] }, paths: ['/'] },
    { headers: { a: ['1'] }, paths: ['/'] },
    /more headers \(2 against 1\)/,
  ],
  ['the id', { id: 'zz', paths: ['/orders'] }, { id: 'aa', paths: ['/orders'] }, /same priority/],
] as const) {
  test(`what decides: ${what}`, async () => {
    const made = (id: string, fields: object) =>
      makeRoute({ id, name: id, service: { id: 's1' }, ...fields } as never);
    const routes = [made('loser', loser), made('winner', { ...winner, name: 'winner' })];
    const headers = [
      ['a', '1'],
      ['b', '1'],
    ] as const;
    const { matched, why } = await explain({ routes }, { headers });
    assert.equal(matched!.route.name, 'winner');
    assert.match(why!.reason, reason);
  });
}

test('when nothing matches it names what came nearest and what differs', async () => {
  const routes = [
    makeRoute({ id: 'r1', name: 'admin', paths: ['/orders'], methods: ['POST', 'DELETE'] }),
    makeRoute({ id: 'r2', name: 'far', paths: ['/x'], methods: ['POST'], hosts: ['other.test'] }),
  ];
  const { result, matched, candidates } = await explain({ routes });
  assert.deepEqual([result.kind, result.status], ['no_route', 404]);
  assert.equal(matched, null);
  assert.equal(candidates[0]!.route.name, 'admin');
  assert.equal(candidates[0]!.differs, 'method GET is not one of POST, DELETE');
  assert.deepEqual(
    candidates[0]!.attributes.map(({ name, result }) => [name, result]),
    [
      ['methods', 'differs'],
      ['paths', 'matches'],
    ],
  );
});

test('plugins stand in the order in which they run, with what they hide', async () => {
  const { plugins, result } = await explain({
    routes: [orders],
    plugins: [
      plugin('rate-limiting', { minute: 600 }, { id: 'global' }),
      plugin('rate-limiting', { minute: 60 }, { id: 'own', route: { id: 'r1' } }),
      plugin('key-auth', {}, { id: 'key', service: { id: 's1' } }),
      plugin('correlation-id', {}, { id: 'corr' }),
      plugin('rate-limiting', { minute: 1 }, { id: 'elsewhere', route: { id: 'other' } }),
    ],
  });
  assert.deepEqual(
    plugins.map(({ id, scope, hides, decision }) => [id, scope, hides.map((one) => one.id), decision]),
    [
      ['corr', ['global'], [], 'depends_on_state'],
      ['key', ['service'], [], 'answers'],
      ['own', ['route'], ['global'], 'not_reached'],
    ],
  );
  assert.deepEqual(
    [result.kind, result.status, result.by, result.message],
    ['answered', 401, 'key-auth', 'No API key found in request'],
  );
});

test('for a consumer that is named, authentication has passed and their plugins run', async () => {
  const { plugins, result } = await explain(
    {
      routes: [orders],
      plugins: [
        plugin('key-auth', {}, { id: 'key' }),
        plugin('rate-limiting', { minute: 5 }, { id: 'all' }),
        plugin('rate-limiting', { minute: 50 }, { id: 'hers', consumer: { id: 'c1' } }),
      ],
    },
    { consumer: 'alice' },
  );
  assert.deepEqual(
    plugins.map(({ id, decision, hides }) => [id, decision, hides.length]),
    [
      ['key', 'passes', 0],
      ['hers', 'depends_on_state', 1],
    ],
  );
  assert.deepEqual([result.kind, result.certain], ['forwarded', false]);
});

test('no plugin is started that would open something', async () => {
  const { plugins } = await explain({
    routes: [orders],
    plugins: [plugin('file-log', { path: '/nowhere/at/all' })],
  });
  assert.equal(plugins[0]!.decision, 'depends_on_state');
});

test('an upstream’s targets are named', async () => {
  const upstream = makeUpstream({ id: 'u1', name: 'pool', host_header: 'inner.test' });
  const { upstream: to } = await explain({
    services: [makeService({ id: 's1', name: 'orders', host: 'pool', port: 80 })],
    routes: [orders],
    upstreams: [upstream],
    targets: [makeTarget({ upstream: { id: 'u1' }, target: '10.0.0.1:80', weight: 100 })],
  });
  assert.equal(to!.host_header, 'inner.test');
  assert.deepEqual(to!.targets, [{ target: '10.0.0.1:80', weight: 100 }]);
});

for (const [field, asked] of [
  ['method', { method: 'GE T' }],
  ['url', { url: 'ftp://x' }],
  ['url', { url: 'http://a b/' }],
  ['url', { url: 'http://user:pw@a.test/' }],
  ['headers', { headers: [['bad name', '1']] }],
  ['headers', { headers: [['a', 'x\r\ny: z']] }],
  ['headers', { headers: [['host', '!!']] }],
  ['consumer', { consumer: 'nobody' }],
] as const) {
  test(`what is no request is refused: ${JSON.stringify(asked)}`, async () => {
    await assert.rejects(explain({ routes: [orders] }, asked), (error) => {
      assert.ok(error instanceof NoRequest);
      assert.equal(error.field, field);
      return true;
    });
  });
}
