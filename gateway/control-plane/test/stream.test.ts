/** From joining to being up to date, over real TLS connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeId, SHOP, start } from './running.ts';

test('a microgateway joins, connects, and is sent its scope', async (t) => {
  const { source, node } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders', calls: ['users', 'nobody'] });
  assert.equal(await orders.connect(), 101);
  await orders.untilGeneration(2);
  const { services, routes, plugins, upstreams, targets, consumers, pluginEntities } = orders.configuration();
  assert.deepEqual(services.map(({ name }) => name).sort(), ['orders', 'users']);
  assert.deepEqual(
    routes.map(({ name }) => name),
    ['orders'],
  );
  assert.deepEqual(
    plugins.map(({ name }) => name),
    ['key-auth'],
  );
  assert.equal(upstreams.length, 1);
  assert.equal(targets.length, 1);
  assert.equal(consumers.length, 1);
  assert.equal(pluginEntities['keyauth_credentials']?.length, 1);
  assert.deepEqual(orders.refused, ['nobody']);
  assert.deepEqual(orders.manifest?.calls, ['users']);
  assert.equal(orders.manifest?.configurationHash, source.served.configuration.hash);
});

test('a gateway is sent everything', async (t) => {
  const { node } = await start(t, { yaml: SHOP });
  const gateway = await node({ node: nodeId(), role: 'gateway' });
  await gateway.connect();
  await gateway.untilGeneration(2);
  assert.equal(gateway.configuration().services.length, 3);
  assert.equal(gateway.configuration().routes.length, 2);
});

test('a change comes as what changed; what is no concern of a node only as a new manifest', async (t) => {
  const { source, node } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders', calls: ['users'] });
  await orders.connect();
  await orders.untilGeneration(2);
  assert.equal(orders.count('begin'), 1);

  const before = source.served.configuration;
  const routes = before.routes.map((route) =>
    route.name === 'orders' ? { ...route, paths: ['/orders', '/o'] } : route,
  );
  await orders.untilGeneration(source.serve({ ...before, routes, hash: 'a'.repeat(32) }));
  const begin = orders.frames.findLast((frame) => frame.type === 'begin');
  assert.notEqual(begin?.base, null);
  const part = orders.frames.findLast((frame) => frame.type === 'part');
  assert.deepEqual(
    part?.puts.map(({ collection, entities }) => [collection, entities.length]),
    [['routes', 1]],
  );
  assert.deepEqual(orders.configuration().routes[0]?.paths, ['/orders', '/o']);

  const services = before.services.map((service) =>
    service.name === 'secret' ? { ...service, host: 'other.internal' } : service,
  );
  const frames = orders.frames.length;
  await orders.untilGeneration(source.serve({ ...before, routes, services, hash: 'b'.repeat(32) }));
  assert.deepEqual(
    orders.frames.slice(frames).map(({ type }) => type),
    ['current'],
  );
  assert.equal(orders.manifest?.configurationHash, 'b'.repeat(32));
});

test('a node that comes back with what it should have is sent a manifest alone', async (t) => {
  const { node } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders' });
  await orders.connect();
  await orders.untilGeneration(2);
  orders.close();
  await orders.untilClosed();
  await orders.connect();
  await orders.until(() => orders.frames.length > 0);
  assert.deepEqual(
    orders.frames.map(({ type }) => type),
    ['current'],
  );
});

test('a node that comes back with something old is sent what changed, with something unknown everything', async (t) => {
  const { source, node, controlPlane } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders' });
  const twin = await node({ node: nodeId(), service: 'orders' });
  await Promise.all([orders.connect(), twin.connect()]);
  await Promise.all([orders.untilGeneration(2), twin.untilGeneration(2)]);
  orders.close();
  await orders.untilClosed();
  const { services, ...rest } = source.served.configuration;
  const changed = services.map((service) => ({ ...service, retries: 1 }));
  await twin.untilGeneration(source.serve({ ...rest, services: changed }));
  await orders.connect();
  await orders.untilGeneration(3);
  assert.equal(orders.frames.find((frame) => frame.type === 'begin')?.base?.length, 64);
  assert.equal(orders.entities.digest(), twin.entities.digest());

  orders.close();
  await orders.untilClosed();
  await orders.connect({ have: { generation: 3, digest: 'ee'.repeat(32) } });
  await orders.until(() => orders.count('end') === 1);
  assert.equal(orders.frames.find((frame) => frame.type === 'begin')?.base, null);
  assert.equal(controlPlane.connected, 2);
});

test('changes that follow each other closely are one generation, and the newest', async (t) => {
  const { source, node } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders' });
  await orders.connect();
  await orders.untilGeneration(2);
  const { services, ...rest } = source.served.configuration;
  for (let retries = 1; retries <= 20; retries++) {
    source.serve({ ...rest, services: services.map((service) => ({ ...service, retries })) });
  }
  await orders.untilGeneration(22);
  assert.equal(orders.count('begin'), 2);
  assert.equal(orders.configuration().services[0]?.retries, 20);
});

test('a generation is not sent before the one before it is answered, and then the newest is', async (t) => {
  const { source, node } = await start(t, { yaml: SHOP });
  const orders = await node({ node: nodeId(), service: 'orders' });
  const quick = await node({ node: nodeId(), service: 'orders' });
  orders.answers = false;
  await Promise.all([orders.connect(), quick.connect()]);
  await Promise.all([orders.untilGeneration(2), quick.untilGeneration(2)]);
  const { services, ...rest } = source.served.configuration;
  for (let retries = 1; retries <= 3; retries++) {
    const generation = source.serve({ ...rest, services: services.map((one) => ({ ...one, retries })) });
    await quick.untilGeneration(generation);
  }
  assert.equal(orders.count('begin'), 1);
  orders.answers = true;
  const { generation, digest } = orders.manifest!;
  orders.send({ type: 'ack', generation, digest });
  await orders.untilGeneration(5);
  assert.equal(orders.count('begin'), 2);
});

test('a ping is answered', async (t) => {
  const { node } = await start(t);
  const gateway = await node({ node: nodeId(), role: 'gateway' });
  await gateway.connect();
  gateway.send({ type: 'ping' });
  await gateway.until(() => gateway.count('pong') === 1);
});
