/** What a gateway tells of its traffic: a real process with two workers, asked over its Admin API. */
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { eventually } from '../process/cardinal-process.ts';
import { observedGateway as gateway } from './observed-gateway.ts';

test('stats: over all workers, by what is asked for, errors by kind', async (t) => {
  const { ask, admin, echo } = await gateway(t);
  for (let i = 0; i < 6; i++) await ask('/orders/1');
  await ask('/secured');
  await ask('/secured', { 'x-customer': 'k-alice' });
  await ask('/nowhere');
  echo.status = 500;
  await ask('/orders/2');
  const { json: all } = await admin('/_cardinal/stats?by=route&series=true');
  assert.equal(all.total.requests, 10);
  assert.deepEqual(all.total.errors, { upstream: 1, gateway: 0, plugin: 1, client: 1, aborted: 0 });
  assert.equal(all.total.error_rate, 0.1);
  assert.equal(all.total.series.requests.at(-1) + (all.total.series.requests.at(-2) ?? 0), 10);
  const byName = new Map<string | null, { requests: number; service?: { name: string } }>(
    all.data.map((row: { name: string | null; requests: number }) => [row.name, row]),
  );
  assert.equal(byName.get('orders')?.requests, 7);
  assert.equal(byName.get('orders')?.service?.name, 'orders');
  assert.equal(byName.get('secured')?.requests, 2);
  assert.equal(byName.get(null)?.requests, 1);
  assert.ok(all.data[0].latency_ms.total.p99 > 0);
  assert.ok(all.data[0].latency_ms.gateway.p50 < all.data[0].latency_ms.total.p99);

  const one = async (query: string) => (await admin(`/_cardinal/stats?${query}`)).json;
  assert.equal((await one('by=service')).data[0].requests, 9);
  assert.equal((await one('by=consumer')).data[0].name, 'alice');
  const plugin = (await one('by=plugin')).data.find(({ name }: { name: string }) => name === 'key-auth');
  assert.deepEqual(plugin.ended_by_status, { 401: 1 });
  assert.equal((await one('by=target')).data[0].name, `127.0.0.1:${echo.port}`);
  const [node] = (await one('by=node')).data;
  assert.deepEqual([node.requests, node.role, node.connected], [10, 'gateway', true]);
  assert.equal((await one('route=secured')).total.requests, 2);
  assert.equal((await admin('/status')).json.server.total_requests, 10);

  const { json: topology } = await admin('/_cardinal/topology');
  assert.deepEqual(
    topology.edges.map(
      (edge: { direction: string; caller: null; service: { name: string }; requests: number }) => [
        edge.direction,
        edge.caller,
        edge.service.name,
        edge.requests,
      ],
    ),
    [['edge', null, 'orders', 9]],
  );
  assert.equal(topology.services[0].routes, 2);
  assert.equal(topology.targets[0].services[0], topology.services[0].id);
});

test('queries are checked, with errors in Kong’s shape', async (t) => {
  const { admin, post } = await gateway(t);
  for (const [path, field] of [
    ['/_cardinal/stats?window=3d', 'window'],
    ['/_cardinal/stats?window=1s', 'window'],
    ['/_cardinal/stats?by=colour', 'by'],
    ['/_cardinal/stats?by=consumer&route=x', 'by'],
    ['/_cardinal/stats?limit=0', 'limit'],
    ['/_cardinal/stats?limit=1&limit=2', 'limit'],
    ['/_cardinal/stats?__proto__=1', '__proto__'],
    ['/_cardinal/topology?unknown=1', 'unknown'],
    ['/_cardinal/requests?size=x', 'size'],
    ['/_cardinal/requests?because=luck', 'because'],
    ['/_cardinal/tap?sample=101', 'sample'],
    ['/_cardinal/tap?max_rps=0', 'max_rps'],
  ] as const) {
    const { status, json } = await admin(path);
    assert.deepEqual([status, json.code, json.name], [400, 11, 'invalid options'], path);
    assert.ok(field in json.options, path);
  }
  const wrong = (await admin('/_cardinal/tap?filter=status:abc')).json;
  assert.deepEqual([wrong.options.filter.at, wrong.options.filter.length], [7, 3]);
  for (const [body, field] of [
    [{}, 'request'],
    [{ request: {} }, 'request.url'],
    [{ request: { url: '/x', client_ip: 'me' } }, 'request.client_ip'],
    [{ request: { url: '/x', nonsense: 1 } }, 'request.nonsense'],
    [{ request: { url: '/x', headers: { a: 1 } } }, 'request.headers'],
    [{ request: { url: '/x' }, routes: 5 }, 'routes'],
    [{ request: { url: '/x' }, tokens: [] }, 'tokens'],
  ] as const) {
    const { status, json } = await post('/_cardinal/explain', body);
    assert.deepEqual([status, json.code], [400, 2], JSON.stringify(body));
    assert.ok(field in json.fields, JSON.stringify(json));
  }
  assert.equal((await admin('/_cardinal/explain')).status, 405);
  assert.equal((await post('/_cardinal/stats', {})).status, 405);
});

test('a refused request is found by the id that its client was told, and in the list', async (t) => {
  const { ask, admin } = await gateway(t);
  const refused = await ask('/secured?x-customer=s3cret-1', {
    'x-customer': 's3cret-2',
    authorization: 's3cret-3',
  });
  assert.equal(refused.status, 401);
  const id = String(refused.headers['x-kong-request-id']);
  const { json: found, text } = await admin(`/_cardinal/requests/${id}`);
  assert.deepEqual(
    [found.status, found.ended_by, found.reason, found.route.name, found.outcome],
    [401, 'key-auth', 'Unauthorized', 'secured', 'plugin'],
  );
  assert.ok(!text.includes('s3cret'), text);
  const { json: list } = await admin(
    `/_cardinal/requests?filter=${encodeURIComponent('status:401 plugin:key-auth')}&because=refused`,
  );
  assert.deepEqual(
    list.data.map((row: { id: string }) => row.id),
    [id],
  );
  assert.equal(list.next, null);
  assert.deepEqual((await admin('/_cardinal/requests?filter=status:200')).json.data, []);
  assert.equal((await admin(`/_cardinal/requests/${'0'.repeat(32)}`)).status, 404);
  assert.equal((await admin('/_cardinal/requests/nonsense')).status, 404);
});

interface Events {
  readonly lines: string[];
  close(): void;
}

function watch(t: TestContext, address: string, path: string): Promise<Events & { status: number }> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, agent: false }, (incoming: IncomingMessage) => {
      const lines: string[] = [];
      let rest = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (piece: string) => {
        const parts = (rest + piece).split('\n');
        rest = parts.pop() as string;
        lines.push(...parts);
      });
      incoming.on('error', () => {});
      const close = () => outgoing.destroy();
      t.after(close);
      resolve({ lines, close, status: incoming.statusCode! });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const rowsOf = ({ lines }: Events) =>
  lines.flatMap((line, at) =>
    line.startsWith('data: ') && lines[at - 1] === 'event: request' ? [JSON.parse(line.slice(6))] : [],
  );

test('live traffic: what the filter lets pass, from all workers, with its steps', async (t) => {
  const { ask, admin, adminAddress } = await gateway(t);
  const events = await watch(
    t,
    adminAddress,
    `/_cardinal/tap?filter=${encodeURIComponent('path:/orders status:2xx')}`,
  );
  assert.equal(events.status, 200);
  await eventually(
    async () => {
      await ask('/orders/1?apikey=s3cret');
      await ask('/secured');
      return rowsOf(events).length;
    },
    (count) => count >= 3,
  );
  assert.ok(rowsOf(events).every(({ path }) => path === '/orders/1?apikey=***'));
  const [row] = rowsOf(events);
  const { json: record } = await admin(`/_cardinal/requests/${row.id}`);
  assert.deepEqual(record.kept_because, ['watched']);
  assert.ok(record.steps.some(({ step }: { step: string }) => step === 'upstream'));
  await eventually(
    async () => events.lines.filter((line) => line === 'event: counters').length,
    (count) => count >= 1,
  );
  const at = events.lines.lastIndexOf('event: counters');
  const counters = JSON.parse(events.lines[at + 1]!.slice(6));
  assert.ok(counters.seen > counters.matched && counters.matched >= 3);
  events.close();
});

test('a bounded number may watch, and a setting switches it off with a reason', async (t) => {
  const { adminAddress } = await gateway(t);
  const opened = await Promise.all(
    Array.from({ length: 20 }, () => watch(t, adminAddress, '/_cardinal/tap')),
  );
  assert.ok(opened.every(({ status }) => status === 200));
  assert.equal((await watch(t, adminAddress, '/_cardinal/tap')).status, 429);
  opened[0]!.close();
  await eventually(
    async () => (await watch(t, adminAddress, '/_cardinal/tap')).status,
    (status) => status === 200,
  );
  const off = await gateway(t, '--tap', 'off');
  const answer = await off.admin('/_cardinal/tap');
  assert.equal(answer.status, 403);
  assert.match(answer.json.message, /setting tap is off/);
});

test('explain: what is served, and with what is not saved', async (t) => {
  const { post, ask, admin } = await gateway(t);
  const asked = { method: 'GET', url: 'http://a.test/secured/1' };
  const { status, json } = await post('/_cardinal/explain', { request: asked });
  assert.equal(status, 200);
  assert.deepEqual(
    [json.matched.route.name, json.result.status, json.result.by],
    ['secured', 401, 'key-auth'],
  );
  assert.ok(json.upstream.url.endsWith('/inner/1'));

  const draft = await post('/_cardinal/explain', {
    request: { ...asked, headers: { 'x-customer': 'k-alice' } },
    services: [{ name: 'new', url: 'http://new.test' }],
    routes: [{ name: 'better', paths: ['/secured/1'], service: { name: 'new' } }],
    plugins: [{ name: 'request-termination', config: { status_code: 418 }, route: { name: 'better' } }],
  });
  assert.equal(draft.status, 200, draft.text);
  assert.deepEqual(
    [draft.json.matched.route.name, draft.json.result.status, draft.json.why.beats.name],
    ['better', 418, 'secured'],
  );
  // Nothing of it is served or kept.
  assert.equal((await ask('/secured/1')).status, 401);
  assert.equal((await admin('/routes/better')).status, 404);
  const edited = await post('/_cardinal/explain', {
    request: { ...asked, url: 'http://a.test/moved' },
    routes: [{ name: 'secured', paths: ['/moved'], service: { name: 'orders' } }],
  });
  assert.equal(edited.json.matched.route.name, 'secured');
  const invalid = await post('/_cardinal/explain', {
    request: asked,
    routes: [{ name: 'x', paths: ['no-slash'] }],
  });
  assert.deepEqual([invalid.status, invalid.json.code], [400, 2]);
});
