/** `/_cardinal/nodes`, and the way to a node's own status: nowhere else, and nothing dangerous back. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { settle } from '../../../shared/upstream/test/fake-clock.ts';
import type { NodeRow } from '../node-row.ts';
import { nodesRouter } from '../nodes-router.ts';
import { statusTarget } from '../status-proxy.ts';
import { nodeId, type Running, SHOP, start } from './running.ts';

function app({ controlPlane }: Running): express.Express {
  return express().use('/_cardinal/nodes', nodesRouter(controlPlane));
}

async function statusServer(
  t: TestContext,
  answer: RequestListener,
): Promise<{ port: number; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    seen.push(incoming);
    answer(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

test('nodes are listed with a summary, shown and revoked', async (t) => {
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({ node: nodeId(), service: 'orders' });
  const { node: id } = node.options;
  await node.connect();
  await node.untilGeneration(2);
  node.send({ type: 'ping' });
  await node.until(() => node.count('pong') === 1);

  const list = await request(app(running)).get('/_cardinal/nodes').expect(200);
  assert.equal(list.body.data.length, 1);
  assert.deepEqual(list.body.summary, {
    total: 1,
    current: 1,
    updating: 0,
    nacked: 0,
    incompatible: 0,
    disconnected: 0,
    behind_since: null,
    generations: [{ generation: 2, nodes: 1 }],
  });
  const one = await request(app(running)).get(`/_cardinal/nodes/${id}`).expect(200);
  assert.equal(one.body.service, 'orders');
  await request(app(running)).get(`/_cardinal/nodes/${nodeId()}`).expect(404);
  await request(app(running)).get('/_cardinal/nodes/%2e%2e').expect(404);
  await request(app(running)).post('/_cardinal/nodes').expect(405);
  await request(app(running)).put(`/_cardinal/nodes/${id}`).expect(405);

  await request(app(running)).delete(`/_cardinal/nodes/${id}`).expect(204);
  await node.untilClosed();
  await request(app(running)).get(`/_cardinal/nodes/${id}`).expect(404);
  await request(app(running)).delete(`/_cardinal/nodes/${id}`).expect(204);
  assert.equal(await node.open(), 401);
});

test('the status of a node is fetched from it, without credentials, as text that no browser runs', async (t) => {
  const status = await statusServer(t, (incoming, response) => {
    if (incoming.url === '/readyz') {
      response.writeHead(503, {
        'Content-Type': 'text/html',
        'Set-Cookie': 'a=b',
        Location: 'http://evil.test',
      });
      response.end('<script>alert(1)</script>');
    } else response.end('{"status":"alive"}');
  });
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({
    node: nodeId(),
    service: 'orders',
    statusAddress: `127.0.0.1:${status.port}`,
  });
  await node.connect();
  await node.untilGeneration(2);
  const base = `/_cardinal/nodes/${node.options.node}/status`;
  const alive = await request(app(running))
    .get(`${base}/livez`)
    .set('Authorization', 'Bearer secret')
    .set('Cookie', 'session=secret')
    .set('Kong-Admin-Token', 'secret')
    .set('X-Forwarded-For', '1.2.3.4')
    .expect(200);
  assert.deepEqual(alive.body, { status: 'alive' });
  const [sent] = status.seen as [IncomingMessage];
  assert.equal(sent.url, '/livez');
  assert.equal(sent.headers.host, `127.0.0.1:${status.port}`);
  assert.deepEqual(
    Object.keys(sent.headers).filter((name) => !['host', 'connection', 'accept'].includes(name)),
    [],
  );

  const ready = await request(app(running))
    .get(`${base}/readyz?x=1`)
    .parse((response, done) => {
      (response as unknown as IncomingMessage).resume();
      response.on('end', () => done(null, undefined));
    })
    .expect(503);
  assert.match(String(ready.headers['content-type']), /^application\/json/);
  assert.equal(ready.headers['x-content-type-options'], 'nosniff');
  assert.equal(ready.headers['set-cookie'], undefined);
  assert.equal(ready.headers['location'], undefined);
  await request(app(running)).get(`${base}/status/sync`).expect(200);
  await request(app(running))
    .get(`${base}/metrics`)
    .expect(200)
    .expect('Content-Type', /^text\/plain/);
  await request(app(running)).head(`${base}/livez`).expect(200);
  assert.deepEqual(
    status.seen.map(({ method, url }) => `${method} ${url}`),
    ['GET /livez', 'GET /readyz', 'GET /status/sync', 'GET /metrics', 'GET /livez'],
  );
});

test('other paths, methods and bodies do not reach a node', async (t) => {
  const status = await statusServer(t, (_, response) => response.end('{}'));
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({
    node: nodeId(),
    service: 'orders',
    statusAddress: `127.0.0.1:${status.port}`,
  });
  await node.connect();
  await node.untilGeneration(2);
  const base = `/_cardinal/nodes/${node.options.node}/status`;
  for (const path of ['/', '/config', '/livez/x', '/livez%2f..%2fconfig', '/..%2flivez', '//livez']) {
    await request(app(running)).get(`${base}${path}`).expect(404);
  }
  await request(app(running)).post(`${base}/livez`).expect(405);
  await request(app(running)).delete(`${base}/livez`).expect(405);
  await request(app(running)).get(`${base}/livez`).set('Content-Type', 'text/plain').send('x').expect(400);
  assert.equal(status.seen.length, 0);
});

test('a node that is gone, answers nonsense or too much is 502', async (t) => {
  const status = await statusServer(t, (incoming, response) => {
    if (incoming.url === '/metrics') response.end(Buffer.alloc(5 * 1024 * 1024, 0x61));
    else if (incoming.url === '/livez') incoming.socket.end('nonsense\r\n\r\n');
    else response.writeHead(302, { Location: '/elsewhere' }).end();
  });
  const running = await start(t, { yaml: SHOP });
  const node = await running.node({
    node: nodeId(),
    service: 'orders',
    statusAddress: `127.0.0.1:${status.port}`,
  });
  await node.connect();
  await node.untilGeneration(2);
  const base = `/_cardinal/nodes/${node.options.node}/status`;
  for (const path of ['/metrics', '/livez', '/status']) {
    await request(app(running)).get(`${base}${path}`).expect(502);
  }
  node.close();
  await node.untilClosed();
  for (;;) {
    const row = await running.controlPlane.node(node.options.node);
    if (row?.connected === false) break;
    await settle();
  }
  const gone = await request(app(running)).get(`${base}/livez`).expect(502);
  assert.deepEqual(gone.body, { message: 'the node is not connected' });
});

test('only the address that a node is connected from is ever asked', () => {
  const row = (ip: string, statusAddress: string | null, connected = true): NodeRow =>
    ({ ip, statusAddress, connected }) as NodeRow;
  assert.deepEqual(statusTarget(row('10.0.0.5', '10.0.0.5:8100')), { url: 'http://10.0.0.5:8100' });
  assert.deepEqual(statusTarget(row('fd00::5', '[fd00:0::5]:8100')), { url: 'http://[fd00::5]:8100' });
  // A name is not looked up: it stands for where the node is connected from.
  assert.deepEqual(statusTarget(row('10.0.0.5', 'localhost:8001')), { url: 'http://10.0.0.5:8001' });
  for (const wrong of [
    row('10.0.0.5', null),
    row('10.0.0.5', '10.0.0.5:8100', false),
    row('10.0.0.5', '169.254.169.254:80'),
    row('10.0.0.5', '127.0.0.1:8001'),
    row('10.0.0.5', 'a:b:8001'),
    row('10.0.0.5', '10.0.0.5'),
    row('10.0.0.5', '10.0.0.5:0'),
    row('10.0.0.5', '10.0.0.5:99999'),
    row('10.0.0.5', '10.0.0.5:80@evil.test'),
    row('10.0.0.5', '10.0.0.5:80/x'),
    row('10.0.0.5', '[::ffff:10.0.0.5]:80'),
    row('', ':80'),
  ]) {
    assert.ok('problem' in statusTarget(wrong), String(wrong.statusAddress));
  }
});
