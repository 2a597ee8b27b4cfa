/** What an engine knows of its traffic: counters, kept requests, live watchers. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RequestWatch, type WatchOptions } from '../../observe/request-watch.ts';
import type { RequestRow } from '../../observe/requests/request-record.ts';
import { parseFilter } from '../../observe/tap/filter.ts';
import { Count } from '../../observe/traffic/traffic-key.ts';
import { forEachRow } from '../../observe/traffic/traffic-report.ts';
import type { PluginInstance } from '../../plugins/contract.ts';
import { makeConsumer } from '../../plugins/testkit/entities.ts';
import { type GatewayOptions, startGateway, type TestGateway } from './harness/gateway.ts';

async function upstream(t: TestContext, listener?: RequestListener): Promise<number> {
  const server = createServer(listener ?? ((_request, response) => response.end('ok')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Watched {
  readonly gateway: TestGateway;
  readonly observer: RequestWatch;
  get(path: string, headers?: Record<string, string>): Promise<number>;
}

async function start(
  t: TestContext,
  options: GatewayOptions,
  observe: Partial<WatchOptions> = {},
): Promise<Watched> {
  const observer = new RequestWatch({ sampledPercent: 0, slowMs: 0, keptRequests: 100, ...observe });
  const gateway = await startGateway(t, { upstream: await upstream(t), ...options, observer });
  return {
    gateway,
    observer,
    async get(path, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
        headers,
        redirect: 'manual',
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
}

function counted(observer: RequestWatch): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const report = observer.counters.take();
  const numbers = [...(report.numbers as Uint32Array)];
  forEachRow(report, (key, counts, pairs) =>
    found.set(`${key.dimension} ${key.name}`, numbers.slice(counts, pairs - 1)),
  );
  return found;
}

const refusing: PluginInstance = {
  access(exchange) {
    if (exchange.request.path === '/refused') exchange.fail(403, 'not you');
    if (exchange.request.path === '/thrown') throw new Error('broken');
  },
};

test('requests are counted by how they ended', async (t) => {
  const { get, observer } = await start(t, {
    plugin: refusing,
    route: { paths: ['/refused', '/thrown', '/ok'] },
  });
  assert.equal(await get('/ok'), 200);
  assert.equal(await get('/refused'), 403);
  assert.equal(await get('/thrown'), 500);
  assert.equal(await get('/elsewhere'), 404);
  const rows = counted(observer);
  const all = rows.get('route all')!;
  assert.equal(all[Count.requests], 3);
  assert.equal(all[2], 1);
  assert.equal(all[Count.plugin], 1);
  assert.equal(all[Count.gateway], 1);
  assert.equal(all[Count.answered], 1);
  const unmatched = rows.get('route ')!;
  assert.deepEqual([unmatched[Count.requests], unmatched[Count.client]], [1, 1]);
  assert.equal(rows.get('plugin under-test')![Count.requests], 2);
  const target = [...rows].find(([name]) => name.startsWith('target '));
  assert.equal(target![1][Count.requests], 1);
});

test('an upstream that cannot be reached is not the gateway’s fault, nor the client’s', async (t) => {
  const { get, observer } = await start(t, { upstream: 1 });
  assert.equal(await get('/'), 502);
  assert.equal(counted(observer).get('route all')![Count.upstream], 1);
});

test('a client that goes away is counted as such', async (t) => {
  const asked = Promise.withResolvers<void>();
  const port = await upstream(t, () => asked.resolve());
  const { gateway, observer } = await start(t, { upstream: port });
  const abort = new AbortController();
  const request = fetch(`http://127.0.0.1:${gateway.port}/`, { signal: abort.signal }).catch(() => {});
  await asked.promise;
  abort.abort();
  await request;
  let row: number[] | undefined;
  for (let i = 0; i < 100 && row === undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    row = counted(observer).get('route all');
  }
  assert.deepEqual([row![Count.requests], row![Count.aborted]], [1, 1]);
});

test('requests with a consumer are counted by consumer', async (t) => {
  const alice = makeConsumer({ username: 'alice' });
  const { get, observer } = await start(t, {
    plugin: { access: (exchange) => exchange.authenticate(alice, undefined) },
  });
  await get('/');
  assert.equal(counted(observer).get('consumer alice')![Count.requests], 1);
});

test('a refused request is kept with what refused it and without its secrets', async (t) => {
  const { get, observer } = await start(t, { plugin: refusing });
  await get('/refused?apikey=s3cret&page=2', {
    authorization: 'Bearer s3cret',
    cookie: 'session=s3cret',
    'x-api-key': 's3cret',
    referer: 'http://a.test/?token=s3cret&x=1',
    'x-plain': 'shown',
  });
  const [record] = observer.kept(10, () => true);
  assert.deepEqual(record!.kept_because, ['refused']);
  assert.equal(record!.ended_by, 'under-test');
  assert.equal(record!.reason, 'not you');
  assert.equal(record!.status, 403);
  assert.equal(record!.route!.name, 'all');
  assert.equal(record!.steps, null);
  assert.equal(record!.path, '/refused?apikey=***&page=2');
  const text = observer.ring.find(record!.id)!;
  assert.ok(!text.includes('s3cret'), text);
  assert.ok(text.includes('shown'));
});

test('a slow request is kept, a quick one is not', async (t) => {
  const port = await upstream(t, (request, response) =>
    setTimeout(() => response.end(), request.url === '/slow' ? 60 : 0),
  );
  const { get, observer } = await start(t, { upstream: port }, { slowMs: 50 });
  await get('/quick');
  await get('/slow');
  const kept = observer.kept(10, () => true);
  const slow = kept.find(({ path }) => path === '/slow');
  assert.deepEqual(slow!.kept_because, ['slow']);
  assert.ok(slow!.upstream_ms! >= 50);
});

test('a sampled request has its steps, by name and in order, which fill its time', async (t) => {
  const { get, observer } = await start(
    t,
    {
      plugin: {
        rewrite() {},
        async access() {
          await new Promise((resolve) => setTimeout(resolve, 5));
        },
        response() {},
        log() {},
      },
    },
    { sampledPercent: 100 },
  );
  await get('/');
  await get('/');
  const [second, first] = observer.kept(10, () => true);
  const names = (record: typeof first) =>
    record!.steps!.map(({ step, plugin }) => (plugin === undefined ? step : `${step} ${plugin}`));
  const steps = (connection: string) => [
    'read',
    'rewrite under-test',
    'route',
    'access under-test',
    'balance',
    connection,
    'send',
    'upstream',
    'response under-test',
    'relay',
    'log under-test',
  ];
  assert.deepEqual(names(first), steps('connect'));
  assert.deepEqual(names(second), steps('reuse'));
  let at = 0;
  for (const step of first!.steps!) {
    assert.ok(Math.abs(step.at - at) < 0.01, `${step.step} begins where the step before ends`);
    at = step.at + step.ms;
  }
  assert.ok(first!.steps!.find(({ step }) => step === 'access')!.ms >= 4);
});

test('the step that ended a request says so', async (t) => {
  const { get, observer } = await start(t, { plugin: refusing }, { sampledPercent: 100 });
  await get('/refused');
  const [record] = observer.kept(1, () => true);
  const ended = record!.steps!.filter(({ verdict }) => verdict === 'ended');
  assert.deepEqual(
    ended.map(({ step, plugin }) => [step, plugin]),
    [['access', 'under-test']],
  );
});

test('of a flood of refused requests a few are kept', async (t) => {
  const { get, observer } = await start(t, { plugin: refusing }, { keptRequests: 1000 });
  for (let i = 0; i < 60; i++) await get('/refused');
  assert.ok(observer.ring.size < 60, `${observer.ring.size}`);
  assert.ok(observer.ring.size >= 20);
});

test('a watcher sees what its filter lets pass, and how much that was', async (t) => {
  const { get, observer } = await start(t, { plugin: refusing });
  const filter = parseFilter('status:>=400');
  assert.ok(filter.ok);
  observer.openTap(7, { terms: filter.terms, percent: 100, maxPerSecond: 100 });
  await get('/ok');
  await get('/refused?password=x');
  const [id, batch] = [...observer.batches()][0]!;
  assert.equal(id, 7);
  const rows = batch.rows.map((row) => JSON.parse(row) as RequestRow);
  assert.deepEqual(
    rows.map(({ path, status, ended_by }) => [path, status, ended_by]),
    [['/refused?password=***', 403, 'under-test']],
  );
  assert.equal(batch.seen, 2);
  // Whoever opens the row finds the request, with its steps.
  assert.notEqual(JSON.parse(observer.ring.find(rows[0]!.id)!).steps, null);
  await get('/refused');
  assert.deepEqual([...observer.batches()], [], 'nothing more is sent before the last batch was taken');
  observer.batchTaken(7);
  assert.equal([...observer.batches()].length, 1);
  observer.closeTap(7);
  assert.equal(observer.watched, false);
});
