import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callGraphOf } from '../model/call-graph.ts';
import { predict } from '../model/predict.ts';
import { analyse } from '../report/analysis.ts';
import { wholeRun } from './entries.ts';

const GRAPH = {
  entry: 'shop',
  requestsPerSecond: 100,
  roundTripMs: 1,
  services: { shop: { instances: 2, timeMs: 5 }, cart: { instances: 4 }, stock: { embeddable: true } },
  calls: [
    { from: 'shop', to: 'cart', times: 2 },
    { from: 'cart', to: 'stock' },
  ],
};

test('a chain is predicted by what its calls cost, pattern by pattern', () => {
  const [set] = analyse(wholeRun()).sets;
  const { patterns, edges, unknown } = predict(callGraphOf(GRAPH), set!);
  const of = (id: string) => patterns.find(({ topology }) => topology === id)!;
  // Entry 0.2 ms, the shop's own 5 ms, four calls of 0.3 ms and a round trip each.
  assert.ok(Math.abs(of('T0').p50Ms - (0.2 + 5 + 4 * 1.3)) < 0.1, `${of('T0').p50Ms}`);
  assert.ok(Math.abs(of('T2').p50Ms - (0.2 + 5 + 4 * (0.48 + 2))) < 0.15, `${of('T2').p50Ms}`);
  assert.ok(of('T3b').p50Ms < of('T2').p50Ms);
  assert.ok(of('T3b').proxyBytes > of('T2').proxyBytes);
  assert.equal(of('T2').callsLost, 1);
  assert.ok(of('T3b').callsLost < 1);
  assert.equal(edges.find(({ to }) => to === 'stock')!.topology, 'T1');
  assert.equal(edges.find(({ to }) => to === 'cart')!.topology, 'T3i');
  assert.deepEqual(unknown, ['T6']);
});

test('next door the central gateway is recommended: one process for all', () => {
  const [set] = analyse(wholeRun()).sets;
  const near = callGraphOf({ ...GRAPH, roundTripMs: 0, services: { shop: {}, cart: {}, stock: {} } });
  const { edges } = predict(near, set!);
  assert.ok(
    edges.every(({ topology }) => topology === 'T2'),
    JSON.stringify(edges),
  );
  const isolated = callGraphOf({
    ...GRAPH,
    roundTripMs: 0,
    calls: GRAPH.calls.map((call) => ({ ...call, isolated: true })),
    services: { shop: {}, cart: {}, stock: {} },
  });
  assert.ok(predict(isolated, set!).edges.every(({ topology }) => topology === 'T3i'));
});

test('calls at once take as long as the slowest', () => {
  const [set] = analyse(wholeRun()).sets;
  const together = callGraphOf({
    ...GRAPH,
    roundTripMs: 0,
    calls: [
      { from: 'shop', to: 'cart', atOnce: 'a' },
      { from: 'shop', to: 'stock', atOnce: 'a' },
    ],
  });
  const direct = predict(together, set!).patterns[0]!;
  assert.ok(Math.abs(direct.p50Ms - 5.5) < 0.1, `${direct.p50Ms}`);
});

test('a graph that is wrong says where', () => {
  const wrong =
    (change: object): (() => unknown) =>
    () =>
      callGraphOf({ ...GRAPH, ...change });
  assert.throws(wrong({ entry: 'nobody' }), /entry: there is no service 'nobody'/);
  assert.throws(wrong({ calls: [] }), /calls: expected a list/);
  assert.throws(wrong({ calls: [{ from: 'shop', to: 'x' }] }), /calls\[0\]\.to: there is no service 'x'/);
  assert.throws(wrong({ services: { shop: { instances: 0 } } }), /services\.shop\.instances/);
  assert.throws(
    wrong({ calls: [...GRAPH.calls, { from: 'stock', to: 'shop' }] }),
    /shop -> cart -> stock -> shop never ends/,
  );
});
