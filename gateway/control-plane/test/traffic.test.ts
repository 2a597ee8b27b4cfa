/** What data planes tell of their traffic: it arrives, agrees with the list of nodes, and is only their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficCounters } from '../../../shared/observe/traffic/traffic-counters.ts';
import { statsDocument } from '../../../shared/observe/traffic/traffic-document.ts';
import { type Direction, routeKey } from '../../../shared/observe/traffic/traffic-key.ts';
import type { TrafficReport } from '../../../shared/observe/traffic/traffic-report.ts';
import { TrafficStore } from '../../../shared/observe/traffic/traffic-store.ts';
import { toWire } from '../../../shared/observe/traffic/wire-report.ts';
import { makeRoute, makeService } from '../../../shared/plugins/testkit/entities.ts';
import { ownTraffic } from '../own-traffic.ts';
import { nodeId, SHOP, start } from './running.ts';

function counted(...of: readonly (readonly [Direction, string, number])[]): TrafficReport {
  const counters = new TrafficCounters();
  for (const [direction, name, times] of of) {
    const service = makeService({ id: `id-${name}`, name });
    const route = direction === 'outbound' ? undefined : makeRoute({ id: `r-${name}`, name });
    const key = routeKey(direction, route, service);
    for (let i = 0; i < times; i++) counters.count(key, 200, 0, 5, 4, 1, 0, undefined, undefined);
  }
  return counters.take();
}

const stats = (store: TrafficStore, by: 'node' | 'route' | 'edge', now: number) =>
  statsDocument(
    store,
    {
      windowMs: 900_000,
      by,
      direction: undefined,
      route: undefined,
      service: undefined,
      sort: 'requests',
      limit: 100,
      series: false,
    },
    now,
    // biome-ignore lint/suspicious/noExplicitAny: a document for people.
  ) as any;

test('reports become traffic of the node, and agree with what the list of nodes says', async (t) => {
  let now = Date.now();
  const store = new TrafficStore();
  const running = await start(t, {
    yaml: SHOP,
    now: () => now,
    onTraffic: (source, report) => store.add(source, report, now),
  });
  const node = await running.node({ node: nodeId(), service: 'orders', calls: ['users'] });
  await node.connect();
  const report = { type: 'report', rssBytes: 1, uptimeSeconds: 5, generation: 2 } as const;
  node.send({ ...report, requestsTotal: 100 });
  node.send({ type: 'ping' });
  await node.until(() => node.count('pong') === 1);
  now += 10_000;
  const traffic = counted(['inbound', 'orders', 30], ['outbound', 'users', 20]);
  node.send({ ...report, requestsTotal: 150, traffic: toWire(traffic) });
  node.send({ type: 'ping' });
  await node.until(() => node.count('pong') === 2);
  const [shown] = await running.controlPlane.nodes();
  const [row] = stats(store, 'node', now).data;
  assert.equal(row.id, node.options.node);
  assert.equal(row.requests, 50);
  assert.equal(Number(shown?.['requests_per_second']) * 10, row.requests);
  assert.deepEqual(
    store.keys('edge').map(({ direction, caller, serviceName }) => [direction, caller, serviceName]),
    [
      ['inbound', '', 'orders'],
      ['outbound', 'orders', 'users'],
    ],
  );
});

test('what is no report ends the connection', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders', calls: [] });
  await node.connect();
  node.send({
    type: 'report',
    rssBytes: 1,
    uptimeSeconds: 5,
    generation: 2,
    requestsTotal: 1,
    traffic: { keys: [[0, 0, '', '', '', '']], numbers: [1] },
  });
  await node.until(() => running.log.some((line) => line.includes('a row of a traffic report has no end')));
});

test('a node speaks of what it had in its hands, and of nothing else', () => {
  const all = counted(
    ['edge', 'orders', 1],
    ['inbound', 'orders', 1],
    ['inbound', 'users', 1],
    ['outbound', 'users', 1],
  );
  const directions = (report: TrafficReport) =>
    report.keys.map(({ direction, serviceName }) => `${direction} ${serviceName}`);
  assert.deepEqual(directions(ownTraffic(all, 'microgateway', 'orders')), [
    'inbound orders',
    'outbound users',
  ]);
  assert.deepEqual(directions(ownTraffic(all, 'gateway', null)), ['edge orders']);
});
