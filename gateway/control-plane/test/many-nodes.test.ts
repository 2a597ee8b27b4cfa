/** Fifty nodes of ten services: what one of them needs reaches all of its kind, and all come back after a restart. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { MemoryDocuments } from './memory-documents.ts';
import { configured, nodeId, PLUGIN_VERSIONS, start, TestSource } from './running.ts';
import { TestNode } from './test-node.ts';

const NODES = 50;
const SERVICES = 10;

test('fifty nodes', async (t) => {
  const services = Array.from(
    { length: SERVICES },
    (_, i) =>
      `  - { name: s${i}, url: "http://s${i}.test", routes: [ { name: r${i}, paths: [/${i}] } ], tags: [t${i}] }`,
  );
  const source = new TestSource(await configured(`services:\n${services.join('\n')}`));
  const store = new MemoryDocuments();
  const first = await start(t, { source, store });
  const token = await first.token({ role: 'microgateway', uses: NODES });
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nodes = Array.from(
    { length: NODES },
    (_, i) =>
      new TestNode({
        port: first.port,
        node: nodeId(),
        service: `s${i % SERVICES}`,
        calls: [`s${(i + 1) % SERVICES}`],
        plugins: PLUGIN_VERSIONS,
        keys,
      }),
  );
  t.after(() => {
    for (const node of nodes) node.close();
  });
  // One after another: they share a token with a limited number of uses.
  for (const node of nodes) assert.equal((await node.join(token)).status, 200);
  await Promise.all(nodes.map((node) => node.connect()));
  await Promise.all(nodes.map((node) => node.untilGeneration(2)));
  assert.equal(first.controlPlane.connected, NODES);

  const { services: before, ...rest } = source.served.configuration;
  const changed = before.map((service) => (service.name === 's3' ? { ...service, retries: 9 } : service));
  const generation = source.serve({ ...rest, services: changed });
  await Promise.all(nodes.map((node) => node.untilGeneration(generation)));
  const updated = nodes.filter((node) => node.count('begin') === 2);
  // Those of the service itself, and those that call it.
  assert.deepEqual(new Set(updated.map(({ service }) => service)), new Set(['s2', 's3']));
  assert.equal(updated.length, (2 * NODES) / SERVICES);
  assert.ok(nodes.every((node) => node.count('begin') + node.count('current') === 2));

  await first.controlPlane.close();
  await Promise.all(nodes.map((node) => node.untilClosed()));
  assert.ok(nodes.every((node) => node.count('go-away') === 1));
  const second = await start(t, {
    source,
    store,
    listen: [{ host: '127.0.0.1', port: first.port, ssl: false, backlog: 128 }],
  });
  await Promise.all(nodes.map((node) => node.connect()));
  await Promise.all(nodes.map((node) => node.until(() => node.frames.length > 0)));
  // Whoever has what it should is told so, and nothing else.
  assert.ok(nodes.every((node) => node.count('current') === 1 && node.count('begin') === 0));
  assert.equal(second.controlPlane.connected, NODES);
});
