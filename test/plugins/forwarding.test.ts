/** What a plugin may change about the request that goes upstream, and how it may bound and watch its body. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Destination, PluginInstance } from '../../shared/plugins/contract.ts';
import { pluginOf, startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { connect } from '../../shared/proxy/test/harness/raw-client.ts';
import { type EchoServer, startEcho } from '../harness/echo-server.ts';

async function start(t: TestContext, upstream: EchoServer, plugin: PluginInstance) {
  const gateway = await startGateway(t, { upstream: upstream.port, plugin });
  const client = await connect(t, gateway.port);
  return { gateway, client };
}

test('method, path and Host', async (t) => {
  const upstream = await startEcho(t);
  const { client } = await start(t, upstream, {
    access(exchange) {
      exchange.forwardAs({ method: 'PUT', path: '/else%20where', host: 'other.test' });
      exchange.forwardAs({ method: 'PATCH' });
    },
  });
  client.send('GET /here?q=1 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  const [seen] = upstream.seen;
  assert.equal(seen!.method, 'PATCH');
  assert.equal(seen!.target, '/else%20where?q=1');
  assert.equal(seen!.headers['host'], 'other.test');
});

test('another destination: the path stays, the Host is its own', async (t) => {
  const upstream = await startEcho(t);
  const other = await startEcho(t);
  let destination: Destination | undefined;
  const definition = {
    ...pluginOf('under-test', {}),
    create: (_: unknown, kit: { destination(host: string | null, port: number | null): Destination }) => {
      destination = kit.destination(null, other.port);
      return {
        access(exchange: { forwardAs(change: object): void; request: { path: string } }) {
          if (exchange.request.path === '/new') exchange.forwardAs({ destination });
        },
      };
    },
  };
  const { EMPTY_CONFIGURATION } = await import('../../shared/config/empty.ts');
  const { makePlugin, makeRoute, makeService } = await import('../../shared/plugins/testkit/entities.ts');
  const service = makeService({ host: '127.0.0.1', port: upstream.port });
  const gateway = await startGateway(t, {
    plugins: new Map([['under-test', definition as never]]),
    configuration: {
      ...EMPTY_CONFIGURATION,
      services: [service],
      routes: [makeRoute({ service: { id: service.id }, strip_path: false })],
      plugins: [makePlugin({ name: 'under-test' })],
    },
  });
  const client = await connect(t, gateway.port);
  for (const path of ['/old', '/new', '/new']) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal((await client.response()).status, 200);
  }
  assert.deepEqual(
    upstream.seen.map((one) => one.target),
    ['/old'],
  );
  assert.deepEqual(
    other.seen.map((one) => [one.target, one.headers['host']]),
    [
      ['/new', `127.0.0.1:${other.port}`],
      ['/new', `127.0.0.1:${other.port}`],
    ],
  );
});

test('a request without a body can be given one', async (t) => {
  const upstream = await startEcho(t);
  const { client } = await start(t, upstream, {
    access(exchange) {
      exchange.request.replaceBody(Buffer.from('made up'));
    },
  });
  for (const head of [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  ]) {
    client.send(head);
    assert.equal((await client.response()).status, 200);
    const { body, headers } = upstream.seen.at(-1)!;
    assert.deepEqual([body, headers['content-length']], ['made up', '7']);
  }
});

const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

test('a chunked body past its limit ends the exchange, whenever that shows', async (t) => {
  const upstream = await startEcho(t);
  const { client, gateway } = await start(t, upstream, {
    access(exchange) {
      exchange.request.limitBody(10, 413, 'too much');
      exchange.request.limitBody(100, 400, 'a higher limit says nothing');
    },
    response(exchange) {
      exchange.response.headers.set('X-Seen', 'yes');
    },
  });
  client.send(`${CHUNKED}a\r\n0123456789\r\n0\r\n\r\n`);
  assert.equal((await client.response()).status, 200);
  // With the head, and long behind it.
  client.send(`${CHUNKED}b\r\n01234567890\r\n0\r\n\r\n`);
  const refused = await client.response();
  assert.equal(refused.status, 413);
  assert.equal(JSON.parse(refused.body.toString()).message, 'too much');
  assert.equal(refused.one('x-seen'), 'yes');
  assert.equal(refused.one('connection'), 'close', 'nobody knows where the body ends');
  const slow = await connect(t, gateway.port);
  slow.send(`${CHUNKED}6\r\n012345\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  slow.send('6\r\n678901\r\n0\r\n\r\n');
  assert.equal((await slow.response()).status, 413);
  assert.equal(upstream.seen.length, 1);
  assert.equal(gateway.engine.status().requestsActive, 0);
});

test('a limit below what another plugin reads', async (t) => {
  const upstream = await startEcho(t);
  let read: Buffer | null | undefined;
  const { client } = await start(t, upstream, {
    async access(exchange) {
      exchange.request.limitBody(4, 413, 'too much');
      read = await exchange.request.readBody(1000);
    },
  });
  client.send(CHUNKED);
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.send('5\r\n12345\r\n0\r\n\r\n');
  assert.equal((await client.response()).status, 413);
  assert.equal(read, null);
  assert.equal(upstream.seen.length, 0);
});

test('watching a body changes nothing about it', async (t) => {
  const upstream = await startEcho(t);
  const seen: string[] = [];
  const { client } = await start(t, upstream, {
    access(exchange) {
      exchange.request.watchBody({
        piece: (octets) => void seen.push(octets.toString()),
        ended: () => void seen.push('end'),
      });
    },
  });
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.send('def');
  assert.equal((await client.response()).status, 200);
  assert.equal(upstream.seen[0]!.headers['content-length'], '6');
  assert.deepEqual(seen, ['abc', 'def', 'end']);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.response();
  assert.deepEqual(seen.slice(3), ['end']);
});
